package main

import (
	"context"
	"fmt"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/jobs/zeek"
)

// engineRun runs the job by the engine: the dataframe API over the file source,
// as a streaming query that reads what is there into a memory table.
func engineRun(path string, cores int, v variant) (result, error) {
	ctx := context.Background()
	s := dataframe.Open(ctx, exec.Local(exec.Cores(cores)))
	defer s.Close()
	host, query, kind := col(v.host), col(v.query), col(v.kind)
	keys := []dataframe.Column{host, col("domain"), kind}
	for _, name := range v.more {
		keys = append(keys, col(name))
	}
	counts := s.ReadStream().Format("json").Schema(schemaOf(v)).Load(path).
		Filter(query.IsNotNull().And(query.Ne(""))).
		Filter(query.Like("%.local").Not()).
		WithColumn("domain", dataframe.Call("registered_domain", query)).
		GroupBy(keys...).Count()
	q, err := counts.WriteStream().Format("memory").QueryName("counts").OutputMode(dataframe.Complete).
		Trigger(dataframe.AvailableNow()).Start(ctx)
	if err != nil {
		return result{}, err
	}
	if err := q.AwaitTermination(ctx); err != nil {
		return result{}, err
	}
	row, _, err := s.SQL("SELECT count(*), sum(count) FROM counts").First(ctx)
	if err != nil {
		return result{}, err
	}
	passed, ok := row.At(1).(int64)
	if !ok {
		return result{}, fmt.Errorf("no row passed the filter")
	}
	return result{Rows: int(q.Totals().Rows), Groups: int(row.At(0).(int64)), Passed: passed}, nil
}

func col(name string) dataframe.Column {
	return dataframe.NewColumn(&expr.Name{Parts: []string{name}})
}

// schemaOf is the schema of dns.log under the names of a variant.
func schemaOf(v variant) *types.Schema {
	names := map[string]string{"id.orig_h": v.host, "query": v.query, "qtype_name": v.kind}
	fields := zeek.DNS.Fields()
	for i, f := range fields {
		if name, ok := names[f.Name]; ok {
			fields[i].Name = name
		}
	}
	return types.NewSchema(fields...)
}
