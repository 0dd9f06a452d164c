package memory

import (
	"testing"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// A table that grows row by row keeps all rows, in order, in few batches.
func TestSettle(t *testing.T) {
	schema := types.NewSchema().Add("n", types.Long)
	const rows = 5000
	var all []batch.Batch
	for i := range rows {
		rec, err := types.Record(schema, [][]any{{int64(i)}})
		if err != nil {
			t.Fatal(err)
		}
		if all, err = settle(append(all, batch.Batch{Record: rec})); err != nil {
			t.Fatal(err)
		}
	}
	if len(all) > 20 {
		t.Errorf("%d batches for %d rows", len(all), rows)
	}
	next := int64(0)
	for _, b := range all {
		for i := range int(b.Record.NumRows()) {
			if got := types.Value(b.Record.Column(0), i); got != next {
				t.Fatalf("row %d is %v", next, got)
			}
			next++
		}
	}
	if next != rows {
		t.Errorf("%d rows of %d", next, rows)
	}
}
