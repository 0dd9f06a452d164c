package exec_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/kafka"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/broker"
	"github.com/riffledata/riffle/exec/journal/inspect"
	"github.com/riffledata/riffle/exec/store"
	storememory "github.com/riffledata/riffle/exec/store/memory"
)

// renewed is a topic that is deleted and made anew between two runs of a query.
type renewed struct {
	t     *testing.T
	addr  string
	out   *exectest.Collect
	files store.Store
}

func newRenewed(t *testing.T) *renewed {
	t.Helper()
	k, err := broker.Embedded(t.Context(), broker.Options{Topics: map[string]int{"in": 1}})
	must(t, err)
	t.Cleanup(func() { k.Close() })
	r := &renewed{t, k.Addr(), exectest.NewCollect(), storememory.New()}
	r.produce("a", "b")
	return r
}

func (r *renewed) produce(values ...string) {
	r.t.Helper()
	exectest.ProduceValues(r.t, r.addr, "in", 0, values...)
}

func (r *renewed) again(values ...string) {
	r.t.Helper()
	adm := kadm.NewClient(exectest.Client(r.t, r.addr))
	_, err := adm.DeleteTopics(r.t.Context(), "in")
	must(r.t, err)
	_, err = adm.CreateTopics(r.t.Context(), 1, 1, nil, "in")
	must(r.t, err)
	r.produce(values...)
}

// run runs the query, until it has read all or has failed.
func (r *renewed) run(failOnLoss bool, opts ...exec.Option) error {
	r.t.Helper()
	opts = append(opts, exec.Stores(func(string) (store.Store, error) { return r.files, nil }))
	b := again(r.t, memory.NewStreams(), r.out, opts...)
	defer func() { must(r.t, b.Close()) }()
	q, err := b.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", r.addr).Option("subscribe", "in").
		Option("startingOffsets", "earliest").Option("failOnDataLoss", fmt.Sprint(failOnLoss)).Load().
		SelectExpr("CAST(value AS STRING) AS v").WriteStream().Format("collect").Checkpoint("memory").
		Trigger(dataframe.AvailableNow()).Start(r.t.Context())
	if err != nil {
		return err
	}
	return errors.Join(q.AwaitTermination(r.t.Context()), q.Stop())
}

func (r *renewed) wants(rows ...string) {
	r.t.Helper()
	table, err := r.out.Table()
	must(r.t, err)
	slices.Sort(rows)
	want(r.t, "rows", table, rows)
}

// crashed runs the query until it has planned a batch.
func (r *renewed) crashed() {
	r.t.Helper()
	if err := r.run(true, exec.CrashPoints(func(point string) {
		if point == "B" {
			panic(errors.New("crash after the plan"))
		}
	})); err == nil {
		r.t.Fatal("it did not crash")
	}
}

// A topic that was made anew while a query was stopped, with more records than the
// query had read of the old one, is not read on in silence. There are two ways out.
func TestTopicMadeAnew(t *testing.T) {
	for _, way := range []string{"failOnDataLoss", "set-offsets"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			wayOut(t, way)
		})
	}
}

func wayOut(t *testing.T, way string) {
	r := newRenewed(t)
	must(t, r.run(true))
	r.again("A", "B", "C", "D", "E")
	err := r.run(true)
	if !errors.Is(err, kafka.ErrDataLoss) || !strings.Contains(err.Error(), "in-0: the offsets from 2 on are lost: the topic was deleted and made anew (its id is ") {
		t.Fatalf("the query: %v", err)
	}
	if err := (exec.Replay{Batch: 0, Out: io.Discard}).Run(t.Context(), r.files); !errors.Is(err, kafka.ErrDataLoss) {
		t.Errorf("the replay: %v", err)
	}
	if way == "failOnDataLoss" {
		must(t, r.run(false))
		r.wants("[a]", "[b]", "[A]", "[B]", "[C]", "[D]", "[E]")
	} else {
		wish := inspect.SetOffsets{Offsets: map[int]json.RawMessage{1: json.RawMessage(`{"in":{"0":3}}`)}, Yes: true, Force: true}
		must(t, wish.Run(t.Context(), io.Discard, r.files))
	}
	must(t, r.run(true))
	r.produce("F")
	must(t, r.run(true))
	if way == "failOnDataLoss" {
		r.wants("[a]", "[b]", "[A]", "[B]", "[C]", "[D]", "[E]", "[F]")
	} else {
		r.wants("[a]", "[b]", "[D]", "[E]", "[F]")
	}
}

// A batch that was planned over the old topic is not run over the new one: it is
// refused, or gives nothing.
func TestTopicMadeAnewUnderABatch(t *testing.T) {
	t.Parallel()
	r := newRenewed(t)
	r.crashed()
	r.again("A", "B", "C")
	if err := r.run(true); !errors.Is(err, kafka.ErrDataLoss) {
		t.Fatalf("the query: %v", err)
	}
	r.wants()
	must(t, r.run(false))
	r.wants("[A]", "[B]", "[C]")
}

// A batch that was planned runs as it was planned where the topic is still the same.
func TestTopicStillTheSame(t *testing.T) {
	r := newRenewed(t)
	r.crashed()
	r.produce("c")
	must(t, r.run(true))
	r.wants("[a]", "[b]", "[c]")
}
