package operator

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/memory"
)

// command is a row: what the processor is to do with its state.
type command struct {
	Do string `riffle:"do"`
	N  int64  `riffle:"n"`
}

// heard is what it tells of that.
type heard struct {
	Key  string `riffle:"key"`
	Text string `riffle:"text"`
}

const briefTTL = 3 * time.Second

// obedient does what rows say with each kind of state.
type obedient struct {
	value    *dataframe.ValueState[int64]
	list     *dataframe.ListState[int64]
	entries  *dataframe.MapState[int64, string]
	fleeting *dataframe.ValueState[int64]
	brief    *dataframe.ListState[int64]
}

func (o *obedient) Init(h *dataframe.Handle) error {
	o.value = dataframe.NewValue[int64](h, "value")
	o.list = dataframe.NewList[int64](h, "list")
	o.entries = dataframe.NewMap[int64, string](h, "entries")
	o.fleeting = dataframe.NewValue[int64](h, "fleeting", dataframe.TTL(briefTTL))
	o.brief = dataframe.NewList[int64](h, "brief", dataframe.TTL(briefTTL))
	return nil
}

func (o *obedient) Process(_ context.Context, h *dataframe.Handle, key string, rows iter.Seq[command], emit func(heard)) error {
	for r := range rows {
		emit(heard{key, o.obey(h, r)})
	}
	return nil
}

func (o *obedient) OnTimer(_ context.Context, h *dataframe.Handle, key string, at time.Time, emit func(heard)) error {
	n, _ := o.value.Get()
	o.value.Set(n + 1)
	if n%3 == 0 {
		h.SetTimer(at.Add(2 * time.Second))
	}
	emit(heard{key, fmt.Sprintf("at %d: %d", at.Unix(), n)})
	return nil
}

func (o *obedient) obey(h *dataframe.Handle, r command) string {
	switch r.Do {
	case "set":
		o.value.Set(r.N)
		o.fleeting.Set(r.N)
	case "clear":
		o.value.Clear()
		o.list.Clear()
		o.fleeting.Clear()
	case "append":
		o.list.Append(r.N)
		o.brief.Append(r.N, r.N+1)
	case "replace":
		o.list.Set(r.N, 0)
	case "put":
		o.entries.Set(r.N, fmt.Sprint("v", r.N))
	case "delete":
		o.entries.Delete(r.N)
	case "forget":
		o.entries.Clear()
		o.brief.Clear()
	case "timer":
		h.SetTimer(h.Time().Add(time.Duration(r.N) * time.Second))
	case "no timer":
		for _, at := range h.Timers() {
			h.DeleteTimer(at)
		}
	}
	return o.look(h)
}

func (o *obedient) look(h *dataframe.Handle) string {
	v, ok := o.value.Get()
	if o.value.Exists() != ok || o.list.Exists() != (len(slices.Collect(o.list.All())) > 0) || o.brief.Exists() != (len(slices.Collect(o.brief.All())) > 0) {
		panic("a state exists that has nothing")
	}
	f, okf := o.fleeting.Get()
	var entries []int64
	for k, v := range o.entries.All() {
		if v != fmt.Sprint("v", k) {
			panic(fmt.Sprint(k, " is ", v))
		}
		entries = append(entries, k)
	}
	slices.Sort(entries)
	var timers []int64
	for _, at := range h.Timers() {
		timers = append(timers, at.Unix())
	}
	return fmt.Sprint(v, ok, f, okf, slices.Collect(o.list.All()), slices.Collect(o.brief.All()), entries, timers)
}

var _ = dataframe.RegisterProcessor("operator/obedient@v1", func() dataframe.Processor[string, command, heard] { return &obedient{} })

// modelKey is what the plain model knows of a key.
type modelKey struct {
	value           *int64
	list            []int64
	entries         map[int64]bool
	fleeting        *int64
	fleetingExpires int64
	brief           [][2]int64 // value, expiry
	timers          map[int64]bool
}

// model is a processor in plain Go.
type model map[string]*modelKey

func (m model) key(key string) *modelKey {
	if m[key] == nil {
		m[key] = &modelKey{entries: map[int64]bool{}, timers: map[int64]bool{}}
	}
	return m[key]
}

func (k *modelKey) obey(r command, now int64) string {
	expires := now + int64(briefTTL/time.Second)
	switch r.Do {
	case "set":
		n := r.N
		k.value, k.fleeting, k.fleetingExpires = &n, &n, expires
	case "clear":
		k.value, k.list, k.fleeting = nil, nil, nil
	case "append":
		k.list = append(k.list, r.N)
		k.brief = append(k.brief, [2]int64{r.N, expires}, [2]int64{r.N + 1, expires})
	case "replace":
		k.list = []int64{r.N, 0}
	case "put":
		k.entries[r.N] = true
	case "delete":
		delete(k.entries, r.N)
	case "forget":
		clear(k.entries)
		k.brief = nil
	case "timer":
		k.timers[now+r.N] = true
	case "no timer":
		clear(k.timers)
	}
	var v, f int64
	if k.value != nil {
		v = *k.value
	}
	if k.fleeting != nil && k.fleetingExpires <= now {
		k.fleeting = nil
	}
	if k.fleeting != nil {
		f = *k.fleeting
	}
	var brief []int64
	for _, b := range k.brief {
		if b[1] > now {
			brief = append(brief, b[0])
		}
	}
	return fmt.Sprint(v, k.value != nil, f, k.fleeting != nil, k.list, brief, slices.Sorted(maps.Keys(k.entries)), slices.Sorted(maps.Keys(k.timers)))
}

// batch gives what a batch gives: keys in the order of their first rows, then what
// is due, by time.
func (m model) batch(rows []keyedCommand, now int64) []string {
	var out, order []string
	for _, r := range rows {
		if !slices.Contains(order, r.key) {
			order = append(order, r.key)
		}
	}
	for _, key := range order {
		for _, r := range rows {
			if r.key == key {
				out = append(out, key+" "+m.key(key).obey(r.command, now))
			}
		}
	}
	type due struct {
		at  int64
		key string
	}
	var fires []due
	for key, k := range m {
		for at := range k.timers {
			if at <= now {
				fires = append(fires, due{at, key})
			}
		}
	}
	slices.SortFunc(fires, func(a, b due) int { return int(a.at - b.at) })
	for _, d := range fires {
		k := m[d.key]
		delete(k.timers, d.at)
		n := int64(0)
		if k.value != nil {
			n = *k.value
		}
		next := n + 1
		k.value = &next
		if n%3 == 0 {
			k.timers[d.at+2] = true
		}
		out = append(out, fmt.Sprintf("%s at %d: %d", d.key, d.at, n))
	}
	return out
}

type keyedCommand struct {
	key string
	command
}

// A processor does what a plain one does, wherever its input is cut into batches,
// with its state restored at any parallelism, and after batches that were undone.
func TestProcessModel(t *testing.T) {
	p, err := expr.LookupProcessor("operator/obedient@v1")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		plain, now, pairs := model{}, int64(1000), map[string][]byte{}
		store, tasks := processTasks(t, p, pairs, rapid.IntRange(1, 3).Draw(t, "tasks"))
		for version := range int64(rapid.IntRange(1, 8).Draw(t, "batches")) {
			now += int64(rapid.IntRange(0, 4).Draw(t, "seconds"))
			rows := rapid.SliceOfN(rapid.Custom(drawCommand), 0, 8).Draw(t, "rows")
			if rapid.IntRange(0, 3).Draw(t, "undone") == 0 {
				runProcess(t, tasks, rows, now, 2)
				_ = store.Rollback()
				for _, s := range tasks {
					s.Rollback()
				}
			}
			got := runProcess(t, tasks, rows, now, rapid.IntRange(1, 4).Draw(t, "size"))
			want := plain.batch(rows, now)
			if len(tasks) > 1 {
				slices.Sort(got)
				slices.Sort(want)
			} else if byTime := sameTimes(got, want); !byTime {
				t.Fatalf("got  %q\nwant %q", got, want)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("got  %q\nwant %q", got, want)
			}
			err := store.Changes(func(_ string, key, value []byte) error {
				if pairs[string(key)] = slices.Clone(value); value == nil {
					delete(pairs, string(key))
				}
				return nil
			})
			if err == nil {
				err = store.Commit(version + 1)
			}
			if err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "restore") {
				store, tasks = processTasks(t, p, pairs, rapid.IntRange(1, 3).Draw(t, "tasks"))
			}
			checkDue(t, tasks, plain)
		}
	})
}

// sameTimes tells whether rows, and timers by their times, come in the same order;
// timers of one time are in that of the keys' hashes.
func sameTimes(got, want []string) bool {
	order := func(rows []string) (out []string) {
		for _, r := range rows {
			if _, at, timer := strings.Cut(r, " at "); timer {
				r, _, _ = strings.Cut(at, ":")
			}
			out = append(out, r)
		}
		return out
	}
	return slices.Equal(order(got), order(want))
}

// checkDue fails where a timer would be forgotten.
func checkDue(t failer, tasks []*ProcessState, plain model) {
	first, set := int64(0), false
	for _, k := range plain {
		for at := range k.timers {
			if !set || at < first {
				first, set = at, true
			}
		}
	}
	due := false
	for _, s := range tasks {
		due = due || s.Due(NoWatermark, first*1e6)
	}
	if set && !due {
		t.Fatal("no timer is due at", first)
	}
}

func drawCommand(t *rapid.T) keyedCommand {
	return keyedCommand{rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "key"), command{
		rapid.SampledFrom([]string{"set", "clear", "append", "replace", "put", "delete", "forget", "timer", "no timer", "look"}).Draw(t, "do"),
		int64(rapid.IntRange(0, 5).Draw(t, "n"))}}
}

// processTasks makes tasks whose state begins with some pairs.
func processTasks(t failer, p *expr.Processor, pairs map[string][]byte, n int) (state.Store, []*ProcessState) {
	store := memory.New(state.NewBudget(1 << 30))
	out := make([]*ProcessState, n)
	keys := types.NewSchema(types.Field{Name: "key", Type: types.String})
	for i, groups := range state.Ranges(n) {
		var err error
		if out[i], err = NewProcessState(p, ProcessByClock, 1<<20); err != nil {
			t.Fatal(err)
		}
		table, err := store.Table(ProcessSpec("process-0", p, keys, ProcessByClock), groups, state.Keyed)
		if err != nil {
			t.Fatal(err)
		}
		for key, value := range pairs {
			if g := state.GroupOf([]byte(key)); g >= groups.From && g < groups.To {
				if err := table.Set([]byte(key), value); err != nil {
					t.Fatal(err)
				}
			}
		}
		out[i].Attach(table)
	}
	if err := store.Commit(0); err != nil {
		t.Fatal(err)
	}
	return store, out
}

// runProcess runs a batch, cut into record batches of a size, task after task.
func runProcess(t failer, tasks []*ProcessState, rows []keyedCommand, now int64, size int) []string {
	schema := types.NewSchema(types.Field{Name: "key", Type: types.String}, types.Field{Name: "do", Type: types.String}, types.Field{Name: "n", Type: types.Long})
	var batches []batch.Batch
	for part := range slices.Chunk(rows, size) {
		var values [][]any
		for _, r := range part {
			values = append(values, []any{r.key, r.Do, r.N})
		}
		rec, err := types.Record(schema, values)
		if err != nil {
			t.Fatal(err)
		}
		batches = append(batches, batch.Batch{Record: rec})
	}
	in := []batch.Stream{exectest.NewStream(schema.Arrow(), batches...)}
	if len(tasks) > 1 {
		in = HashExchange(in, 1, len(tasks), 1<<20)
	}
	var out []string
	for i, s := range tasks {
		stream, err := s.Stream(in[i], nil, Times{Now: now * 1e6, Watermark: NoWatermark})
		if err != nil {
			t.Fatal(err)
		}
		for {
			b, err := stream.Next(context.Background())
			if batch.IsEnd(err) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for r := range int(b.Record.NumRows()) {
				out = append(out, b.Record.Column(0).(*array.String).Value(r)+" "+b.Record.Column(1).(*array.String).Value(r))
			}
		}
		if err := stream.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
