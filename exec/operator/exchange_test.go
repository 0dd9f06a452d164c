package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
)

// numbered makes a batch of n rows: a random key, a random value, the number.
func numbered(t testing.TB, n int, seed uint64) batch.Batch {
	rng := rand.New(rand.NewPCG(seed, 1))
	numbers := make([]string, n)
	for i := range numbers {
		numbers[i] = fmt.Sprint(i)
	}
	return table(random(rng, types.String, n, n/3+2), random(rng, types.Long, n, 10), parse(t, types.Long, "["+strings.Join(numbers, ",")+"]"))
}

// together reads all streams at once and returns the rows of each.
func together(t rapid.TB, streams []batch.Stream) [][]string {
	t.Helper()
	out, errs := make([][]string, len(streams)), make([]error, len(streams))
	var wg sync.WaitGroup
	for i, s := range streams {
		wg.Go(func() { out[i], errs[i] = readAll(s) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return out
}

// The groups of any number of tasks are those of one, wherever the input is cut:
// shared out, aggregated in part, exchanged by key, merged.
func TestAnyNumberOfTasks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(rt, "rows")
		b := numbered(t, n, rapid.Uint64().Draw(rt, "seed"))
		aggs := []expr.Expr{call(t, b, "count"), call(t, b, "count", 1)}
		agg, err := NewAggregation(refs(b, 0, 1), aggs, true)
		if err != nil {
			rt.Fatal(err)
		}
		whole, err := agg.Complete(stream(b, n), testEnv, 1<<30)
		if err != nil {
			rt.Fatal(err)
		}
		want := sorted(read(t, whole))
		readers, tasks, size := rapid.IntRange(1, 4).Draw(rt, "readers"), rapid.IntRange(1, 4).Draw(rt, "tasks"), rapid.IntRange(1, n).Draw(rt, "size")
		var again [][]string
		for range 2 {
			got := together(rt, tasksOver(rt, agg, dealt(b, size, readers), tasks))
			if rows := sorted(slices.Concat(got...)); !slices.Equal(rows, want) {
				rt.Fatalf("%d readers, %d tasks, cut at %d:\n%s\nnot\n%s", readers, tasks, size, strings.Join(rows, "\n"), strings.Join(want, "\n"))
			}
			if again != nil && !slices.EqualFunc(got, again, slices.Equal) {
				rt.Fatal("a second run gives the rows in another order")
			}
			again = got
		}
	})
}

// dealt cuts a batch into parts of size rows, and deals them to n streams in turn.
func dealt(b batch.Batch, size, n int) []batch.Stream {
	all := stream(b, size)
	out := make([]batch.Stream, n)
	for k := range out {
		share := &given{schema: all.schema, end: io.EOF}
		for i := k; i < len(all.batches); i += n {
			share.batches = append(share.batches, all.batches[i])
		}
		out[k] = share
	}
	return out
}

// tasksOver plans an aggregation over several tasks.
func tasksOver(t rapid.TB, agg *Aggregation, shares []batch.Stream, tasks int) []batch.Stream {
	var parts, finals []batch.Stream
	for _, share := range shares {
		p, err := agg.Partial(share, testEnv)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p)
	}
	for _, out := range HashExchange(parts, agg.NumKeys(), tasks, 1<<30) {
		f, err := agg.Final(out, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		finals = append(finals, f)
	}
	return finals
}

// Each output has its rows in the order of the inputs: all of input 0 first.
func TestOrderIsKept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(rt, "rows")
		b := numbered(t, n, rapid.Uint64().Draw(rt, "seed"))
		size, readers := rapid.IntRange(1, n).Draw(rt, "size"), rapid.IntRange(1, 4).Draw(rt, "readers")
		keys, tasks := rapid.IntRange(0, 2).Draw(rt, "keys"), rapid.IntRange(1, 4).Draw(rt, "tasks")
		var inputs []batch.Stream
		for k := range readers {
			inputs = append(inputs, stream(b.Slice(k*n/readers, (k+1)*n/readers), size))
		}
		got, all := together(rt, HashExchange(inputs, keys, tasks, 1<<30)), text(b)
		for o, rows := range got {
			next := 0
			for _, row := range rows {
				at := slices.Index(all[next:], row) // the last column numbers the rows
				if at < 0 {
					rt.Fatalf("output %d: %s is out of order in %v", o, row, rows)
				}
				next += at + 1
			}
		}
		if rows := slices.Concat(got...); !slices.Equal(sorted(rows), sorted(all)) {
			rt.Fatalf("the outputs hold %v", rows)
		}
	})
}

// kinds of exchanges over some inputs: by keys, and all rows to one output.
const kinds = 2

func exchanges(inputs []batch.Stream, kind int) []batch.Stream {
	if kind == 0 {
		return HashExchange(inputs, 1, 3, 1<<30)
	}
	return HashExchange(inputs, 0, 1, 1<<30)
}

// An error of an input comes out of every output and stops the other inputs.
func TestExchangeErrors(t *testing.T) {
	b, broken := numbered(t, 100, 1), errors.New("broken")
	for kind := range kinds {
		first, second := stream(b, 7), stream(b, 7)
		first.end, second.end = broken, broken
		streams := exchanges([]batch.Stream{first, second}, kind)
		for _, s := range streams {
			if _, err := drain(context.Background(), s, -1); !errors.Is(err, broken) {
				t.Errorf("%s: %v", s, err)
			}
		}
		for _, s := range streams {
			if err := s.Close(); err != nil {
				t.Errorf("%s: %v", s, err)
			}
		}
		if first.closed != 1 {
			t.Errorf("kind %d: the input was closed %d times", kind, first.closed)
		}
	}
}

// drain reads at most n batches, below 0 all.
func drain(ctx context.Context, s batch.Stream, n int) (rows int, err error) {
	for ; n != 0; n-- {
		b, err := s.Next(ctx)
		if err != nil {
			return rows, err
		}
		rows += b.NumRows()
	}
	return rows, nil
}

// A stream that is closed or cancelled at any point ends all that it started,
// and never looks like one that has ended.
func TestCancelAndCloseAnywhere(t *testing.T) {
	b := numbered(t, 60, 2)
	for kind := range kinds {
		for n := range 12 {
			inputs := []batch.Stream{stream(b, 5), stream(b, 5)}
			streams := exchanges(inputs, kind)
			ctx, cancel := context.WithCancelCause(context.Background())
			why := errors.New("stopped")
			if _, err := drain(ctx, streams[0], n); err != nil && !batch.IsEnd(err) {
				t.Fatal(err)
			}
			if n%2 == 0 {
				cancel(why)
				if _, err := drain(ctx, streams[0], -1); !batch.IsEnd(err) && !errors.Is(err, why) && !errors.Is(err, context.Canceled) {
					t.Errorf("kind %d after %d batches: %v", kind, n, err)
				}
			}
			for _, s := range streams {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
				if _, err := s.Next(context.Background()); err == nil {
					t.Errorf("kind %d: a batch after Close", kind)
				}
			}
			cancel(nil)
		}
	}
}

// stuck is an input that gives nothing until it is cancelled.
type stuck struct{ given }

func (s *stuck) Next(ctx context.Context) (batch.Batch, error) {
	<-ctx.Done()
	return batch.Batch{}, ctx.Err()
}

func TestCloseEndsAStuckInput(t *testing.T) {
	b := numbered(t, 10, 3)
	for kind := range kinds {
		streams := exchanges([]batch.Stream{&stuck{*stream(b, 1)}, stream(b, 1)}, kind)
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
		if _, err := streams[0].Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("kind %d: %v", kind, err)
		}
		cancel()
		for _, s := range streams {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// Outputs that are read one after the other do not wait for each other, and one
// that is closed early holds no one up.
func TestOutputsReadInTurn(t *testing.T) {
	b := numbered(t, 500, 4)
	streams := HashExchange([]batch.Stream{stream(b, 3), stream(b, 3)}, 1, 4, 1<<30)
	if err := streams[2].Close(); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, o := range []int{3, 0, 1} {
		n, err := drain(context.Background(), streams[o], -1)
		if !batch.IsEnd(err) {
			t.Fatal(err)
		}
		rows += n
	}
	if rows == 0 || rows >= 1000 {
		t.Errorf("%d rows", rows)
	}
	for _, s := range streams {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestExchangeBudget(t *testing.T) {
	b := numbered(t, 500, 4)
	streams := HashExchange([]batch.Stream{stream(b, 50)}, 1, 2, 2000)
	_, err := drain(context.Background(), streams[1], -1)
	want := "Exchange hashpartitioning(1 keys, 2): more than 2000 bytes wait for an input that is behind; raise riffle.state.bytes"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, not %s", err, want)
	}
	for _, s := range streams {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A key goes to one output whatever the batch, its type's width or the run.
func TestHashExchangeByKey(t *testing.T) {
	b := numbered(t, 300, 5)
	where := map[string]int{}
	for _, size := range []int{1, 7, 300} {
		for o, rows := range together(t, HashExchange([]batch.Stream{stream(b, size), stream(b, 300)}, 1, 4, 1<<30)) {
			for _, r := range rows {
				key, _, _ := strings.Cut(r, " | ")
				if old, ok := where[key]; ok && old != o {
					t.Fatalf("%s went to %d and %d", key, old, o)
				}
				where[key] = o
			}
		}
	}
}
