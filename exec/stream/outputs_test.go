package stream

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/sink"
	"github.com/riffledata/riffle/exec/store/memory"
)

// told is a sink that tells what is done to it.
type told struct {
	name string
	last int64
	log  *[]string
}

func (s *told) say(format string, args ...any) {
	*s.log = append(*s.log, s.name+" "+fmt.Sprintf(format, args...))
}

func (s *told) Begin(_ context.Context, id int64) (sink.Writer, error) {
	s.say("begin %d", id)
	return s, nil
}

func (s *told) Write(_ context.Context, b batch.Batch) error {
	s.say("write %d", b.NumRows())
	return nil
}

func (s *told) Commit(context.Context) error                 { s.say("commit"); return nil }
func (s *told) Abort() error                                 { s.say("abort"); return nil }
func (s *told) Guarantee() (sink.Guarantee, string)          { return sink.ExactlyOnce, "" }
func (s *told) Close() error                                 { return nil }
func (s *told) LastCommitted(context.Context) (int64, error) { return s.last, nil }

// Sinks that had no rows for long do not get batches again that others have left
// behind.
func TestLastShown(t *testing.T) {
	for _, c := range []struct{ sink, quarantine, committed, want int64 }{
		{-1, -1, -1, -1}, {0, -1, 0, -1}, {0, 0, 0, 0}, {7, -1, 7, 6}, {7, 2, 7, 6}, {6, 7, 7, 6}, {3, 2, 9, 8}, {8, 8, 7, 7},
	} {
		o := outputs{list: []Output{{Role: roleSink, Sink: &told{last: c.sink}}, {Role: roleQuarantine, Sink: &told{last: c.quarantine}}}}
		if got, err := o.lastShown(t.Context(), c.committed); got != c.want || err != nil {
			t.Errorf("%+v: %d, %v", c, got, err)
		}
	}
}

// Staged rows are in all sinks before any is committed, that of the result last:
// the others may be part of its commit.
func TestPublish(t *testing.T) {
	var log []string
	o := outputs{staging: &staging{memory.New(), 1}}
	for _, role := range []string{roleSink, roleQuarantine, roleLate} {
		o.list = append(o.list, Output{Role: role, Sink: &told{name: role, log: &log}})
	}
	if err := o.begin(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	rec, err := types.Record(types.NewSchema().Add("n", types.Long), [][]any{{int64(1)}, {int64(2)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.writer(roleQuarantine).Write(t.Context(), batch.Batch{Record: rec}); err != nil {
		t.Fatal(err)
	}
	names, err := o.stage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	delete(names, roleLate) // the query had no such sink when the batch was staged
	if err := o.publish(t.Context(), checkpoint.Commit{Batch: 4, Staged: names}); err != nil {
		t.Fatal(err)
	}
	want := "sink begin 4, quarantine begin 4, quarantine write 2, quarantine commit, sink commit"
	if got := strings.Join(log, ", "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
