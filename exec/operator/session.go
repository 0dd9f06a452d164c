package operator

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/riffledata/riffle/dataframe/expr"
)

// Sessions is an aggregation one key of which is a window that each row brings:
// its part of a session. Windows of rows whose other keys are equal are one
// session where they overlap or touch, as in Spark. The result has the session as
// that key.
type Sessions struct {
	agg   *Aggregation // as asked for
	parts *Aggregation // by the other keys, then by the part
	at    int          // the key that is the part
}

// Sessions merges the windows in key number at. It fails where that is none.
func (a *Aggregation) Sessions(at int) (*Sessions, error) {
	if dt, ok := a.keyTypes[at].(*arrow.StructType); !ok || dt.NumFields() != 2 || dt.Field(0).Type.ID() != arrow.TIMESTAMP || dt.Field(1).Type.ID() != arrow.TIMESTAMP {
		return nil, fmt.Errorf("internal: a key of Arrow type %s is no window", a.keyTypes[at])
	}
	keys := make([]expr.Expr, 0, len(a.keys))
	keys = append(append(append(keys, a.keys[:at]...), a.keys[at+1:]...), a.keys[at])
	parts, err := newAggregation(keys, a.aggs, a.ansi, a.retract)
	return &Sessions{a, parts, at}, err
}

// Parts is the aggregation of the rows of each part: what partial results are of.
// Rows of one session have equal keys but for the last.
func (s *Sessions) Parts() *Aggregation { return s.parts }

// Schema is that of the result.
func (s *Sessions) Schema() *arrow.Schema { return s.agg.result }

// String returns keys and functions, as explain shows them.
func (s *Sessions) String() string { return s.agg.String() }

// sessionRows are sessions of some owners, which are the values of the other
// keys: owner by owner, in the order of time.
type sessionRows struct {
	owners     []uint32
	start, end []int64
	parts      [][]uint32 // of each session, in the order of time; not kept of old ones
	results    []arrow.Array
}

func (r *sessionRows) len() int { return len(r.owners) }

// columns returns the sessions as columns of the result, but for the calls.
func (s *Sessions) columns(owners *GroupTable, r *sessionRows) ([]arrow.Array, error) {
	others, err := owners.Keys(r.owners)
	if err != nil {
		return nil, err
	}
	dt := s.agg.keyTypes[s.at].(*arrow.StructType)
	fields := []arrow.ArrayData{newFixed(dt.Field(0).Type, r.start, nil).Data(), newFixed(dt.Field(1).Type, r.end, nil).Data()}
	window := array.MakeFromData(array.NewData(dt, r.len(), []*memory.Buffer{nil}, fields, 0, 0))
	cols := make([]arrow.Array, 0, s.agg.result.NumFields())
	cols = append(append(append(cols, others[:s.at]...), window), others[s.at:]...)
	return cols, nil
}
