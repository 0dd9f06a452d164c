package exectest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/exectest/broker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var pairs = arrow.NewSchema([]arrow.Field{
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
}, nil)

// numbered is a batch of n rows: a null name in each third row, and the row's
// number.
func numbered(n int) batch.Batch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, pairs)
	for i := range n {
		if i%3 == 2 {
			b.Field(0).AppendNull()
		} else {
			b.Field(0).(*array.StringBuilder).Append(fmt.Sprint("row ", i))
		}
		b.Field(1).(*array.Int64Builder).Append(int64(i))
	}
	return batch.Batch{Record: b.NewRecordBatch()}
}

func TestCut(t *testing.T) {
	whole := numbered(10)
	want := Lines(t, NewStream(pairs, whole))
	if len(want) != 10 || want[1] != "row 1 | 1" || want[2] != "NULL | 2" {
		t.Fatalf("ten rows read as %q", want)
	}
	for size := 11; size >= 1; size-- {
		cut := Cut(whole, size)
		if n := (10 + size - 1) / size; len(cut) != n {
			t.Errorf("size %d gives %d batches, want %d", size, len(cut), n)
		}
		if diff := cmp.Diff(want, Lines(t, NewStream(pairs, cut...))); diff != "" {
			t.Errorf("cut into %d:\n%s", size, diff)
		}
	}
	if got := len(Cut(whole, 1, 4)); got != 4 { // 1 4 1 4
		t.Errorf("sizes in turn give %d batches, want 4", got)
	}
	if got := Cut(whole); len(got) != 1 {
		t.Errorf("without sizes there are %d batches, want 1", len(got))
	}
}

// A selection and changes stay with their rows, wherever they are cut.
func TestCutSelected(t *testing.T) {
	b := numbered(4)
	b.Changes = []int8{1, -1, 1, -1}
	b.Sel = []int32{0, 1, 3}
	want := []string{"+ row 0 | 0", "- row 1 | 1", "- row 3 | 3"}
	for size := 4; size >= 1; size-- {
		if diff := cmp.Diff(want, Lines(t, NewStream(pairs, Cut(b, size)...))); diff != "" {
			t.Errorf("cut into %d:\n%s", size, diff)
		}
	}
	cut := Cut(b, 2)
	if diff := cmp.Diff(want, Rows(t, NewStream(pairs, cut[1], cut[0]))); diff != "" {
		t.Errorf("sorted:\n%s", diff)
	}
}

// Batches fails the test of an operator that breaks the contract of streams.
func TestBroken(t *testing.T) {
	b := numbered(3)
	other := arrow.NewSchema(pairs.Fields()[:1], nil)
	for want, s := range map[string]*Stream{
		"has no rows that count":       NewStream(pairs, batch.Batch{Record: b.Record, Sel: []int32{}}),
		"is of schema":                 NewStream(other, b),
		"has 2 changes for 3 rows":     NewStream(pairs, batch.Batch{Record: b.Record, Changes: []int8{1, 1}}),
		"selects rows 1, 1":            NewStream(pairs, batch.Batch{Record: b.Record, Sel: []int32{1, 1}}),
		"selects row 3 of 3":           NewStream(pairs, batch.Batch{Record: b.Record, Sel: []int32{0, 3}}),
		"selects row -1 of 3":          NewStream(pairs, batch.Batch{Record: b.Record, Sel: []int32{-1}}),
		"has the change 0 at row 1 of": NewStream(pairs, batch.Batch{Record: b.Record, Changes: []int8{1, 0, 1}}),
	} {
		got, _ := s.Next(t.Context())
		if msg := broken(s.Schema(), got); !strings.Contains(msg, want) {
			t.Errorf("says %q, want %q", msg, want)
		}
	}
	if msg := broken(pairs, b); msg != "" {
		t.Errorf("a good batch %s", msg)
	}
}

func TestStream(t *testing.T) {
	boom := errors.New("boom")
	s := NewStream(pairs, Cut(numbered(4), 2)...).FailWith(boom)
	for range 2 {
		if _, err := s.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, err := s.Next(t.Context()); !errors.Is(err, boom) {
			t.Errorf("the end is %v, want %v", err, boom)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Next(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled stream says %v", err)
	}
	if s.Close(); s.Pulled() != 2 || !s.Closed() {
		t.Errorf("pulled %d, closed %t", s.Pulled(), s.Closed())
	}
}

func TestValue(t *testing.T) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for text, want := range map[string]string{
		"plain": "plain", "two words": "two words", "ÄÖ": "ÄÖ",
		"": `""`, "NULL": `"NULL"`, " x": `" x"`, "a|b": `"a|b"`, `say "a"`: `"say \"a\""`, "a\nb": `"a\nb"`,
	} {
		b.Append(text)
		if got := Value(b.NewArray(), 0); got != want {
			t.Errorf("%q is written %s, want %s", text, got, want)
		}
	}
}

func TestGolden(t *testing.T) {
	Golden(t, "testdata", func(t *testing.T) map[string]Command {
		var rows []batch.Batch
		return map[string]Command{
			"feed": func(t *testing.T, d *datadriven.TestData) (string, error) {
				var n int
				d.ScanArgs(t, "rows", &n)
				if n < 1 {
					return "", fmt.Errorf("%d rows; feed at least 1", n)
				}
				rows = append(rows, numbered(n))
				return "", nil
			},
			"rows": func(t *testing.T, _ *datadriven.TestData) (string, error) {
				return strings.Join(Rows(t, NewStream(pairs, rows...)), "\n"), nil
			},
		}
	})
}

// What is produced can be read, from a real broker and from the embedded one.
func TestProduce(t *testing.T) {
	small, err := broker.Embedded(t.Context(), broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { small.Close() })
	t.Run("embedded", func(t *testing.T) { roundTrip(t, small.Addr()) })
	t.Run("real", func(t *testing.T) { roundTrip(t, Kafka(t)) })
}

func roundTrip(t *testing.T, addrs string) {
	topic := Topic(t, addrs, 2, "retention.ms=-1")
	if other := Topic(t, addrs, 1); other == topic {
		t.Fatalf("two topics are called %s", topic)
	}
	ProduceValues(t, addrs, topic, 1, "a", "b")
	ProduceValues(t, addrs, topic, 0, "c")
	client := Client(t, addrs, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	seen := map[string]int32{}
	for len(seen) < 3 {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) { seen[string(r.Value)] = r.Partition })
	}
	if diff := cmp.Diff(map[string]int32{"a": 1, "b": 1, "c": 0}, seen); diff != "" {
		t.Error(diff)
	}
}
