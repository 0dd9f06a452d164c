package exec_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/broker"
)

// runNumber is what rows of the test below depend on, beside their input.
var runNumber atomic.Int64

var numbered = fn.UDF1("test_numbered", func(n int64) int64 { return 10*n + runNumber.Load() })

// A run commits a batch of staged rows after a later run has begun the same batch: the
// later one goes on with those rows, and its own of that batch are never seen.
func TestStagedBatchOfAnotherRun(t *testing.T) {
	k, err := broker.Embedded(t.Context(), broker.Options{Topics: map[string]int{"in": 1, "out": 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	exectest.ProduceValues(t, k.Addr(), "in", 0, `{"n":1}`, `{"n":2}`, `{"n":3}`)
	dir, kafka := t.TempDir(), map[string]string{"kafka.bootstrap.servers": k.Addr()}
	start := func(crash func(string)) *dataframe.StreamingQuery {
		t.Helper()
		q, err := open(t, exec.CrashPoints(crash)).ReadStream().Format("kafka").Options(kafka).Option("subscribe", "in").Option("startingOffsets", "earliest").
			Option("maxOffsetsPerTrigger", "2").Option("value.format", "json").Schema("n BIGINT").Load().Select(numbered(fn.Col("n")).Alias("n")).
			WriteStream().Format("kafka").Options(kafka).Option("topic", "out").Option("value.format", "json").
			Checkpoint(dir).Trigger(dataframe.AvailableNow()).Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	computed, goOn, committed := make(chan struct{}), make(chan struct{}), make(chan struct{})
	at := func(point string, act func()) func(string) {
		once := sync.OnceFunc(act)
		return func(p string) {
			if p == point {
				once()
			}
		}
	}
	runNumber.Store(1)
	pause, tell := at("C", func() { close(computed); <-goOn }), at("I", func() { close(committed) })
	older := start(func(p string) { pause(p); tell(p) })
	<-computed
	runNumber.Store(2)
	later := start(at("C", func() { close(goOn); <-committed }))
	if err := later.AwaitTermination(t.Context()); err != nil {
		t.Errorf("the later run: %v", err)
	}
	if err := older.AwaitTermination(t.Context()); err == nil || !strings.Contains(err.Error(), "a later run") {
		t.Errorf("the older run: %v", err)
	}
	s := open(t)
	df := s.Read().Format("kafka").Options(kafka).Option("subscribe", "out").Load().SelectExpr("cast(value as string) AS v")
	got, err := df.ShowString(t.Context(), dataframe.ShowTruncate(0))
	want := fmt.Sprintf("+--------+\n|v       |\n+--------+\n|%s|\n|%s|\n|%s|\n+--------+\n", `{"n":11}`, `{"n":21}`, `{"n":32}`)
	if err != nil || got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}
