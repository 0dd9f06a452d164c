package exec_test

import (
	"errors"
	"io"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
)

var endsEarly = fn.BatchUDF("test_ends_early", []types.Type{types.Long}, types.Long, func([]arrow.Array, int) (arrow.Array, error) {
	return nil, io.EOF // as a decoder says of an empty text
}, fn.Deterministic)

// An io.EOF from a function of the user's is a failure, and must not be taken for
// the end of the rows.
func TestUDFGivesEOF(t *testing.T) {
	b := open(t)
	df := b.frame("n BIGINT", []any{1}, []any{2}).WithColumn("m", endsEarly(fn.Col("n")))
	if rows, err := df.Collect(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("a batch query gave %v, %v", rows, err)
	}
	if rows, err := df.GroupBy(fn.Col("m")).Count().OrderBy(fn.Col("m")).Collect(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("an aggregate gave %v, %v", rows, err)
	}
}
