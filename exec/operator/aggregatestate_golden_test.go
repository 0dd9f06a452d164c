package operator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state"
)

// story is one file of testdata/aggregatestate: rows of a key, an instant in
// seconds and a number go into state, batch by batch.
type story struct {
	agg     *Aggregation
	state   *AggregateState
	store   *exectest.State // nil where the changes of the state are not shown
	version int64
}

var storySchema = types.NewSchema(
	types.Field{Name: "k", Type: types.String, Nullable: true},
	types.Field{Name: "t", Type: types.Timestamp, Nullable: true},
	types.Field{Name: "v", Type: types.Long, Nullable: true})

var emits = map[string]Emit{"changes": EmitChanges, "update": EmitUpdate, "complete": EmitComplete, "final": EmitFinal}

// storyRows reads lines "+ a 10 5": a change, then k, t and v; a dot is null.
func storyRows(t *testing.T, text string) batch.Batch {
	t.Helper()
	var rows [][]any
	var b batch.Batch
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) != 4 {
			t.Fatalf("%q is not a change, k, t and v", line)
		}
		row := []any{any(f[1]), nil, nil}
		for c := 1; c < 3; c++ {
			if n, err := strconv.ParseInt(f[c+1], 10, 64); err == nil {
				row[c] = n
			}
		}
		if n, ok := row[1].(int64); ok {
			row[1] = time.Unix(n, 0).UTC()
		}
		if f[1] == "." {
			row[0] = nil
		}
		change := int8(1)
		if f[0] == "-" {
			change = -1
		}
		rows, b.Changes = append(rows, row), append(b.Changes, change)
	}
	rec, err := types.Record(storySchema, rows)
	if err != nil {
		t.Fatal(err)
	}
	if b.Record = rec; !slices.Contains(b.Changes, -1) {
		b.Changes = nil
	}
	return b
}

func (s *story) aggregate(t *testing.T, d *datadriven.TestData) (string, error) {
	b := batch.Batch{Record: storyRows(t, "+ a 1 1").Record}
	var keys, calls []expr.Expr
	for _, a := range d.CmdArgs {
		for _, v := range a.Vals {
			switch a.Key {
			case "keys":
				keys = append(keys, ref(b, strings.Index("ktv", v)))
			case "call":
				name, arg, _ := strings.Cut(v, ":")
				var args []int
				if arg != "" {
					args = append(args, strings.Index("ktv", arg))
				}
				name, distinct := strings.CutPrefix(name, "distinct_")
				bound := call(t, b, name, args...)
				bound.(*expr.Call).Distinct = distinct
				calls = append(calls, bound)
			}
		}
	}
	agg, err := NewAggregation(keys, calls, true)
	if err == nil && d.HasArg("retract") {
		agg, err = agg.WithRetract()
	}
	if err != nil {
		return "", err
	}
	o := StateOptions{Budget: state.NewBudget(1 << 20), Time: GroupTime{Column: -1}}
	var emit string
	d.ScanArgs(t, "emit", &emit)
	o.Emit = emits[emit]
	if d.HasArg("time") {
		d.ScanArgs(t, "time", &o.Time.Column)
	}
	s.agg = agg
	o.Disk = d.HasArg("disk")
	if s.state, err = agg.NewState(o); err != nil || !d.HasArg("pairs") {
		return "", err
	}
	s.store = exectest.NewState(nil)
	spec := agg.StateSpec("aggregate-0")
	table, err := s.store.Table(spec, state.AllGroups, s.state.Kind())
	if err == nil {
		err = s.state.Attach(table)
	}
	lines := []string{fmt.Sprintf("version %d", spec.Version)}
	for _, sp := range spec.Spaces {
		lines = append(lines, fmt.Sprintf("%s: %s -> %s", sp.Name, sp.Key, sp.Value))
	}
	return strings.Join(lines, "\n"), err
}

// changes shows the pairs that the batch changed, but for those of spaces that no
// schema describes.
func (s *story) changes() ([]string, error) {
	spaces := map[byte]state.Space{}
	for _, sp := range s.agg.StateSpec("").Spaces {
		spaces[sp.ID] = sp
	}
	var lines []string
	err := s.store.Changes(func(_ string, key, value []byte) error {
		sp := spaces[key[state.KeyPrefix-1]]
		if sp.Key == "" {
			return nil
		}
		schema, err := types.ParseDDL(sp.Key)
		if err != nil {
			return err
		}
		keys, err := state.NewKeyCodec(typesOf(schema.Arrow().Fields()))
		if err != nil {
			return err
		}
		cols, err := keys.Decode([][]byte{key[state.KeyPrefix:]})
		if err != nil {
			return err
		}
		line := "  " + sp.Name + " " + rowText(cols)
		if value == nil {
			lines = append(lines, line+" deleted")
			return nil
		}
		if sp.Value == "" { // that it is there is all
			lines = append(lines, line)
			return nil
		}
		if schema, err = types.ParseDDL(sp.Value); err != nil {
			return err
		}
		rows, err := state.NewRowCodec(typesOf(schema.Arrow().Fields()))
		if err != nil {
			return err
		}
		if cols, err = rows.Decode([][]byte{value}); err == nil {
			lines = append(lines, line+" = "+rowText(cols))
		}
		return err
	})
	return lines, err
}

func rowText(cols []arrow.Array) string {
	var out []string
	for _, c := range cols {
		out = append(out, c.ValueStr(0))
	}
	return "(" + strings.Join(out, ", ") + ")"
}

func (s *story) batch(t *testing.T, d *datadriven.TestData) (string, error) {
	wm := int64(NoWatermark)
	if d.HasArg("wm") {
		d.ScanArgs(t, "wm", &wm)
		wm *= 1e6
	}
	var in batch.Stream = NewValues(s.agg.PartialSchema())
	if d.Input != "" {
		in = partial(t, s.agg, storyRows(t, d.Input), 2)
	}
	rows, err := readAll(s.state.Stream(in, wm))
	if err != nil || d.HasArg("rollback") {
		s.state.Rollback()
		return strings.Join(rows, "\n"), err
	}
	if s.store != nil {
		if err := s.state.Flush(); err != nil {
			return "", err
		}
		lines, err := s.changes()
		if err != nil {
			return "", err
		}
		rows = append(rows, lines...)
		if err := s.store.Commit(s.version); err != nil {
			return "", err
		}
		s.version++
	}
	if err := s.state.Commit(); err != nil {
		return "", err
	}
	st := s.state.Stats()
	return strings.Join(append(rows, fmt.Sprintf("(rows=%d updated=%d removed=%d)", st.Rows, st.Updated, st.Removed)), "\n"), nil
}

func TestStateStories(t *testing.T) {
	exectest.Golden(t, "testdata/aggregatestate", func(*testing.T) map[string]exectest.Command {
		s := &story{}
		return map[string]exectest.Command{
			"aggregate": s.aggregate,
			"batch":     s.batch,
			"due": func(t *testing.T, d *datadriven.TestData) (string, error) {
				var wm int64
				d.ScanArgs(t, "wm", &wm)
				return fmt.Sprint(s.state.Due(wm * 1e6)), nil
			},
		}
	})
}
