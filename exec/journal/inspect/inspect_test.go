package inspect

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/journal"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/memory"
)

var meta = checkpoint.Meta{ID: "q", Sources: []string{"rate"}, Mode: "append", Sink: "memory"}

// run begins a run in a store and commits batches until one.
func run(t *testing.T, s store.Store, until int64) *journal.Log {
	t.Helper()
	l := journal.Open(s, journal.Options{})
	t.Cleanup(func() { l.Close() })
	if _, err := l.Begin(t.Context(), meta, checkpoint.Epoch{Host: "elsewhere"}); err != nil {
		t.Fatal(err)
	}
	step(t, l, until)
	return l
}

func step(t *testing.T, l *journal.Log, until int64) {
	t.Helper()
	for l.Next().Batch <= until {
		var err error
		switch a := l.Next(); a.Step {
		case checkpoint.MakePlan:
			_, err = l.Plan(t.Context(), checkpoint.Plan{To: []json.RawMessage{json.RawMessage(`{"value":10}`)}, Watermark: checkpoint.NoTime})
		case checkpoint.Confirm:
			err = l.Confirm(t.Context())
		case checkpoint.CommitBatch:
			_, _, err = l.Commit(t.Context(), checkpoint.Commit{})
		default:
			err = l.Did(a.Step)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// growing is a store in which a query goes on while it is watched.
type growing struct {
	store.Store
	lists int
	grow  func()
}

// List lets the query go on after a few calls.
func (g *growing) List(ctx context.Context, prefix string) ([]string, error) {
	if g.lists++; g.lists == 4 {
		g.grow()
	}
	return g.Store.List(ctx, prefix)
}

func TestSetOffsetsOfWhatIsAlive(t *testing.T) {
	s := memory.New()
	l := run(t, s, 1)
	wish := SetOffsets{Offsets: map[int]json.RawMessage{1: json.RawMessage(`{"value":3}`)}, Yes: true, Watch: time.Millisecond}
	g := &growing{Store: s, grow: func() { step(t, l, 2) }}
	var out bytes.Buffer
	if err := wish.Run(t.Context(), &out, g); err == nil || !strings.Contains(err.Error(), "its log in memory has grown meanwhile; stop it first") {
		t.Errorf("a query that goes on: %v", err)
	}
	if out.Len() > 0 {
		t.Errorf("it was said: %s", out.String())
	}
}

// The next run adopts the batch that sets the offsets, and the run before is deposed.
func TestSetOffsets(t *testing.T) {
	s := memory.New()
	old := run(t, s, 1)
	wish := SetOffsets{Offsets: map[int]json.RawMessage{1: json.RawMessage(`{"value":3}`)}, Yes: true}
	if err := wish.Run(t.Context(), &bytes.Buffer{}, s); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Plan(t.Context(), checkpoint.Plan{}); err == nil || !strings.Contains(err.Error(), "records of run 2") {
		t.Errorf("the run before: %v", err)
	}
	l := journal.Open(s, journal.Options{})
	defer l.Close()
	start, err := l.Begin(t.Context(), meta, checkpoint.Epoch{})
	if err != nil {
		t.Fatal(err)
	}
	if start.Epoch != 3 || start.Open == nil || start.Open.Batch != 2 || string(start.Open.From[0]) != `{"value":3}` || string(start.Open.To[0]) != `{"value":3}` {
		t.Errorf("the next run starts with %+v", start)
	}
	step(t, l, 3)
}

func TestSetOffsetsBeforeTheFirstBatch(t *testing.T) {
	s := memory.New()
	run(t, s, checkpoint.NoBatch)
	err := SetOffsets{Yes: true}.Run(t.Context(), &bytes.Buffer{}, s)
	if err == nil || !strings.Contains(err.Error(), "has committed no batch in memory, so it begins at its startingOffsets") {
		t.Errorf("before the first batch: %v", err)
	}
}
