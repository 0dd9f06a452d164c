package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/dir"
)

// rows are the values of a result by key, in the order in which they came.
type rows map[string][]string

func (r rows) add(key, value string) { r[key] = append(r[key], value) }

// partitions returns the numbers of partitions in order.
func partitions(topic map[int32][]record) []int32 {
	var out []int32
	for p := range topic {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// results reads what the query has written.
func results(topic map[int32][]record) rows {
	out := rows{}
	for _, p := range partitions(topic) {
		for _, r := range topic[p] {
			out.add(r.key, r.value)
		}
	}
	return out
}

// copies is the answer of Copy and Staged.
func copies(in map[int32][]record) rows {
	out := rows{}
	for _, p := range partitions(in) {
		for _, r := range in[p] {
			out.add(r.key, r.value)
		}
	}
	return out
}

// runs is the answer of Running.
func runs(in map[int32][]record) rows {
	out := rows{}
	for _, p := range partitions(in) {
		for _, r := range in[p] {
			out.add(r.key, fmt.Sprintf(`{"number":%s,"n":%d}`, r.value, len(out[r.key])+1))
		}
	}
	return out
}

// counted is the state of one key.
type counted struct{ n, top, sum int64 }

// counts is the answer of Counts, batch by batch as their plans say.
func counts(topic string, in map[int32][]record, plans []checkpoint.Plan) (rows, error) {
	out, state, at := rows{}, map[string]*counted{}, map[int32]int{}
	for _, plan := range plans {
		to, err := ends(topic, plan.To)
		if err != nil {
			return nil, fmt.Errorf("the plan of batch %d: %w", plan.Batch, err)
		}
		var touched []string
		for _, p := range partitions(in) {
			for ; at[p] < len(in[p]) && in[p][at[p]].offset < to[p]; at[p]++ {
				r := in[p][at[p]]
				if err := countOne(state, r); err != nil {
					return nil, err
				}
				touched = append(touched, r.key)
			}
		}
		slices.Sort(touched)
		for _, key := range slices.Compact(touched) {
			s := state[key]
			out.add(key, fmt.Sprintf(`{"n":%d,"top":%d,"sum":%d}`, s.n, s.top, s.sum))
		}
	}
	return out, nil
}

// countOne counts one record.
func countOne(state map[string]*counted, r record) error {
	v, err := strconv.ParseInt(r.value, 10, 64)
	if err != nil {
		return err
	}
	s := state[r.key]
	if s == nil {
		s = &counted{}
		state[r.key] = s
	}
	s.n, s.top, s.sum = s.n+1, max(s.top, v), s.sum+v
	return nil
}

// ends reads the offsets of the one source of a plan.
func ends(topic string, offsets []json.RawMessage) (map[int32]int64, error) {
	var all map[string]map[int32]int64
	if len(offsets) != 1 {
		return nil, fmt.Errorf("it has %d sources, not one", len(offsets))
	}
	if err := json.Unmarshal(offsets[0], &all); err != nil {
		return nil, err
	}
	return all[topic], nil
}

// total is the sum of the offsets of a source.
func total(offsets json.RawMessage) (n int64, err error) {
	var all map[string]map[int32]int64
	if err := json.Unmarshal(offsets, &all); err != nil {
		return 0, err
	}
	for _, parts := range all {
		for _, o := range parts {
			n += o
		}
	}
	return n, nil
}

// joined is the answer of Join.
func joined(left, right map[int32][]record) rows {
	byKey := map[string][]record{}
	for _, p := range partitions(right) {
		for _, r := range right[p] {
			byKey[r.key] = append(byKey[r.key], r)
		}
	}
	out := rows{}
	for _, p := range partitions(left) {
		for _, l := range left[p] {
			if strings.HasPrefix(l.key, closing) {
				continue
			}
			single := true
			for _, r := range byKey[l.key] {
				if d := r.time.Sub(l.time); d >= 0 && d <= time.Second {
					out.add(l.key, fmt.Sprintf(`{"l":%q,"r":%q}`, l.value, r.value))
					single = false
				}
			}
			if single {
				out.add(l.key, fmt.Sprintf(`{"l":%q,"r":"-"}`, l.value))
			}
		}
	}
	return out
}

// readPlans reads the plans of all committed batches of a checkpoint.
func readPlans(ctx context.Context, folder string) (plans []checkpoint.Plan, err error) {
	files, err := openFolder(folder)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	names, err := files.List(ctx, checkpoint.CommitsPrefix)
	if err != nil {
		return nil, err
	}
	for n := range checkpoint.Highest(names, checkpoint.CommitsPrefix) + 1 {
		plan, err := readPlan(ctx, files, n)
		if err != nil {
			return nil, err
		}
		plans = append(plans, plan)
	}
	return plans, nil
}

// openFolder opens the checkpoint of a run.
func openFolder(folder string) (store.Store, error) { return dir.Open(folder) }

func readPlan(ctx context.Context, files store.Store, batch int64) (checkpoint.Plan, error) {
	data, err := files.Get(ctx, checkpoint.OffsetsName(batch))
	if err != nil {
		return checkpoint.Plan{}, err
	}
	return checkpoint.Decode[checkpoint.Plan](data)
}
