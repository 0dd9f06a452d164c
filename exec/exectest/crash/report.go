package crash

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Sum is the sum of several results.
func Sum(results ...*Result) *Result {
	out := &Result{Kills: map[string]int{}, Zombies: map[string]int{}}
	for _, r := range results {
		for p, n := range r.Kills {
			out.Kills[p] += n
		}
		for end, n := range r.Zombies {
			out.Zombies[end] += n
		}
		out.Random, out.Pauses, out.Restarts = out.Random+r.Random, out.Pauses+r.Pauses, out.Restarts+r.Restarts
		out.Records, out.Quarantined, out.Batches, out.Took = out.Records+r.Records, out.Quarantined+r.Quarantined, out.Batches+r.Batches, out.Took+r.Took
		out.Recovery = append(out.Recovery, r.Recovery...)
		out.Verdict.add(r.Verdict)
	}
	return out
}

// PointKills is the number of kills at points.
func (r *Result) PointKills() int {
	n := 0
	for _, k := range r.Kills {
		n += k
	}
	return n
}

// String is the result in one line. Rows out of order count as wrong.
func (r *Result) String() string {
	return fmt.Sprintf("%d kills at crash points, %d random kills, %d pauses, %d records, %d of them quarantined: %d lost, %d doubled, %d wrong counts; recovery %s/%s",
		r.PointKills(), r.Random, r.Pauses, r.Records, r.Quarantined, r.Lost, r.Doubled, r.Wrong+r.Disordered,
		seconds(quantile(r.Recovery, 0.5)), seconds(quantile(r.Recovery, 0.99)))
}

// ByPoint lists the kills at each point.
func (r *Result) ByPoint() string {
	var out []string
	for _, p := range Points() {
		out = append(out, fmt.Sprintf("%s %d", p, r.Kills[p]))
	}
	return strings.Join(out, ", ")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// quantile returns the smallest of the durations that is not less than a share q
// of them; 0 of none.
func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
