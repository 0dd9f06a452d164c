package rate

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

func open(t *testing.T, options map[string]string, columns ...string) source.Source {
	t.Helper()
	p := NewProvider()
	set, err := option.Check("the rate source", options, p.Options())
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Open(t.Context(), source.Spec{Options: set, Streaming: true, Columns: columns})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Values count up without a gap from batch to batch and from part to part, and
// each has its time.
func TestCountsUp(t *testing.T) {
	begin := time.Now()
	s := open(t, map[string]string{"rowsPerSecond": "20000", "numPartitions": "3"})
	at, err := s.Initial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next, last := int64(0), int64(0)
	for range 3 {
		if err := s.Wait(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
		to, err := s.Next(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		ranges, err := s.Plan(t.Context(), at, to)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range ranges {
			rows, err := s.Open(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			for {
				b, err := rows.Next(t.Context())
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				times, values := b.Record.Column(0).(*array.Timestamp), b.Record.Column(1).(*array.Int64)
				for i := range b.NumRows() {
					if values.Value(i) != next || int64(times.Value(i)) < last {
						t.Fatalf("row %d at %d follows %d at %d", values.Value(i), times.Value(i), next-1, last)
					}
					next, last = next+1, int64(times.Value(i))
				}
			}
		}
		at = to
	}
	if took := time.Since(begin).Seconds(); float64(next) > 20000*took+1 || next < 100 {
		t.Errorf("%d rows in %.3f s at 20000 a second", next, took)
	}
}

func TestRampAndColumns(t *testing.T) {
	s := open(t, map[string]string{"rowsPerSecond": "100", "rampUpTime": "10s"}, "value").(*rate)
	for since, want := range map[time.Duration]int64{-time.Second: 0, time.Second: 5, 5 * time.Second: 125, 10 * time.Second: 500, 12 * time.Second: 700} {
		if got := s.made(since); got != want {
			t.Errorf("%d rows after %v, want %d", got, since, want)
		}
	}
	if s.Schema().Len() != 1 || s.Schema().Field(0).Name != "value" {
		t.Errorf("columns %v", s.Schema().Names())
	}
	if err := s.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := s.Wait(gone, place{Start: 1}.offset()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting after the end: %v", err)
	}
}
