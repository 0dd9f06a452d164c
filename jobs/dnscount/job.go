package main

import (
	"context"
	"strings"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

// table is the name of the result.
const table = "dns_counts"

// counts is the job, step by step as the notebook has it: from events with the
// columns id.orig_h, query and qtype_name to counts.
func counts(events *dataframe.DataFrame, domain dataframe.Column) *dataframe.DataFrame {
	query := fn.Col("query")

	// Only events whose query is filled out, and that do not ask for a local name.
	asked := events.Filter(query.IsNotNull().And(query.Ne("")).Eq(true))
	asked = asked.Filter(query.Like("%.local").Not())

	return asked.
		WithColumn("domain", domain).
		GroupBy(fn.Col("`id.orig_h`"), fn.Col("domain"), fn.Col("qtype_name")).
		Count()
}

// start streams the counts into a memory table, which SQL can query meanwhile.
func start(ctx context.Context, counts *dataframe.DataFrame, trigger dataframe.Trigger) (*dataframe.StreamingQuery, error) {
	return counts.WriteStream().
		Format("memory").
		QueryName(table).
		OutputMode(dataframe.Complete).
		Trigger(trigger).
		Start(ctx)
}

// computeDomain is the notebook's function as one of the job's own: it is known
// to the API and to SQL by its name.
var computeDomain = fn.UDF2("compute_domain", func(query, registered string) string {
	if strings.HasSuffix(query, ".local") {
		return "local"
	}
	return registered
}, fn.Deterministic)

// domain is the column of the registered domain.
func (c *config) domain() dataframe.Column {
	registered := fn.RegisteredDomain(fn.Col("query"))
	if c.udf {
		return computeDomain(fn.Col("query"), registered)
	}
	return registered
}

// top returns the largest counts, or all: by count, then by the keys, nulls last.
func top(s *dataframe.Session, rows int) *dataframe.DataFrame {
	sorted := s.SQL("SELECT * FROM "+table).OrderBy(
		fn.Col("count").Desc(), fn.Col("`id.orig_h`").AscNullsLast(), fn.Col("domain").AscNullsLast(), fn.Col("qtype_name").AscNullsLast())
	if rows < 0 {
		return sorted
	}
	return sorted.Limit(rows)
}
