package main

import (
	"context"
	"fmt"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/jobs/zeek"
)

// engineRun runs the job by the engine: the dataframe API over the file source,
// as a streaming query that reads what is there into a memory table.
func engineRun(path string, cores int, v variant) (result, error) {
	return withSession(cores, func(ctx context.Context, s *dataframe.Session) (result, error) {
		return countEvents(ctx, s, s.ReadStream().Format("json").Schema(schemaOf(v)).Load(path), v)
	})
}

// engineKafka runs the job by the engine over a topic, as a job would be written:
// values are parsed by from_json.
func engineKafka(topic string, cores int) func(addr string) (job, error) {
	return func(addr string) (job, error) {
		return func() (result, error) {
			return withSession(cores, func(ctx context.Context, s *dataframe.Session) (result, error) {
				raw := s.ReadStream().Format("kafka").
					Option("kafka.bootstrap.servers", addr).
					Option("subscribe", topic).
					Option("startingOffsets", "earliest").
					Load()
				return countEvents(ctx, s, parsed(raw), variants[0])
			})
		}, nil
	}
}

func withSession(cores int, run func(context.Context, *dataframe.Session) (result, error)) (result, error) {
	ctx := context.Background()
	s := dataframe.Open(ctx, exec.Local(exec.Cores(cores)))
	defer s.Close()
	return run(ctx, s)
}

// parsed is the events in column value.
func parsed(raw *dataframe.DataFrame) *dataframe.DataFrame {
	return raw.
		Select(fn.FromJSON(fn.Col("value").Cast("string"), zeek.DNS).Alias("data")).
		Select(fn.Col("data.*"))
}

// asked is the job's condition.
func asked(query dataframe.Column) dataframe.Column {
	return query.IsNotNull().And(query.Ne("")).And(query.Like("%.local").Not())
}

// countEvents is the job over events in a variant's form.
func countEvents(ctx context.Context, s *dataframe.Session, events *dataframe.DataFrame, v variant) (result, error) {
	query := col(v.query)
	keys := []dataframe.Column{col(v.host), col("domain"), col(v.kind)}
	for _, name := range v.more {
		keys = append(keys, col(name))
	}
	counts := events.Filter(asked(query)).
		WithColumn("domain", fn.RegisteredDomain(query)).
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
