package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/operator"
)

var operatorEnv = operator.Env{Env: &kernel.Env{ANSI: true}}

// filters runs the job's condition over the queries of the first events, ten times.
func filters(path string) (job, error) {
	const events, times = 200_000, 10
	schema := types.NewSchema().Add("query", types.String)
	chunks, err := chunksOf(path, events)
	if err != nil {
		return nil, err
	}
	d, err := json.NewDecoder(schema, json.DefaultOptions())
	if err != nil {
		return nil, err
	}
	var batches []batch.Batch
	for _, chunk := range chunks {
		for line := range json.Lines(chunk) {
			if d.Append(line) != json.Good {
				return nil, d.Err()
			}
		}
		rec, _ := d.FinishRecord()
		batches = append(batches, batch.Batch{Record: rec})
	}
	cond, err := bound(schema, asked(col("query")))
	return func() (result, error) {
		r := result{}
		for range times {
			f, err := operator.NewFilter(operator.NewValues(schema.Arrow(), batches...), cond, operatorEnv)
			if err != nil {
				return r, err
			}
			passed, err := drain(f)
			if err != nil || passed == 0 {
				return r, errors.Join(err, counted(passed, 1))
			}
		}
		for _, b := range batches {
			r.Rows += b.NumRows() * times
		}
		return r, nil
	}, err
}

// groupings counts two million rows by three texts, of which there are so many
// distinct, evenly spread: the worst that can happen to the caches.
func groupings(groups int) func(string) (job, error) {
	return func(string) (job, error) {
		const rows = 1 << 21
		schema := types.NewSchema().Add("host", types.String).Add("domain", types.String).Add("kind", types.String)
		count, err := bound(schema, dataframe.Call("count"))
		if err != nil {
			return nil, err
		}
		keys := make([]expr.Expr, schema.Len())
		for i, f := range schema.Fields() {
			keys[i] = &expr.Ref{Index: i, Name: f.Name, T: f.Type, Null: f.Nullable}
		}
		agg, err := operator.NewAggregation(keys, []expr.Expr{count}, true)
		batches := groupRows(schema, groups, rows)
		return func() (result, error) {
			s, err := agg.Complete(operator.NewValues(schema.Arrow(), batches...), operatorEnv, 1<<40)
			if err != nil {
				return result{}, err
			}
			got, err := drain(s)
			return result{Rows: rows, Groups: got}, errors.Join(err, counted(got, groups))
		}, err
	}
}

func groupRows(schema *types.Schema, groups, rows int) []batch.Batch {
	kinds := []string{"A", "AAAA", "PTR", "TXT", "MX", "SRV"}
	keys := make([][3]string, groups)
	for g := range keys {
		keys[g] = [3]string{fmt.Sprintf("192.168.%d.%d", g%500>>5, g%500&31+100), fmt.Sprintf("site%d.example%d.com", g/7, g%3), kinds[g%len(kinds)]}
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	var out []batch.Batch
	for from := 0; from < rows; from += maxRows {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema.Arrow())
		for i := range maxRows {
			g := rng.IntN(groups)
			if row := from + i; row < groups {
				g = row // all of them are there
			}
			for c, text := range keys[g] {
				b.Field(c).(*array.StringBuilder).Append(text)
			}
		}
		out = append(out, batch.Batch{Record: b.NewRecordBatch()})
	}
	return out
}

// bound is a column's expression over the rows of a schema.
func bound(schema *types.Schema, c dataframe.Column) (expr.Expr, error) {
	e, err := c.Expr()
	if err != nil {
		return nil, err
	}
	return (&expr.Scope{Schema: schema}).Bind(e)
}

// drain reads a stream to its end and returns the number of its rows.
func drain(s batch.Stream) (rows int, err error) {
	for {
		b, err := s.Next(context.Background())
		if batch.IsEnd(err) {
			return rows, s.Close()
		}
		if err != nil {
			return rows, errors.Join(err, s.Close())
		}
		rows += b.NumRows()
	}
}

// counted is an error if rows were lost.
func counted(got, want int) error {
	if got >= want {
		return nil
	}
	return fmt.Errorf("%d rows, want %d", got, want)
}
