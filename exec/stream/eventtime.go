package stream

import (
	"maps"
	"slices"
	"time"

	"github.com/riffledata/riffle/exec/operator"
	"github.com/riffledata/riffle/exec/physical"
)

// eventTimes follows the event time of a query's inputs: for each operator that
// declares one, the greatest time seen in each partition of its source. From
// these comes the watermark of the next batch. What the clock decides, that a
// partition is idle and does not count, goes into the batch's plan.
type eventTimes struct {
	timers []physical.EventTimer
	max    bool          // the policy among several inputs: the greatest, else the least
	idle   time.Duration // a partition that is silent for longer does not hold back; 0: never
	// maxima are the greatest event times, in microseconds, by operator and
	// partition, of all batches that are committed.
	maxima map[string]map[string]int64
	// heard is when each partition last had a row, by the clock of this process;
	// what was read by earlier runs counts as heard when this one began.
	heard map[string]map[string]time.Time
	// last is the time of the batch in which each partition last had a row, in
	// whichever run.
	last map[string]map[string]int64
	// looked is when idle partitions were last looked for.
	looked time.Time
	// watermark is that of the last batch.
	watermark int64
}

func newEventTimes(p *physical.Plan, policyMax bool, idle time.Duration, r Resume, now time.Time) *eventTimes {
	t := &eventTimes{max: policyMax, idle: idle, watermark: physical.NoWatermark,
		maxima: map[string]map[string]int64{}, heard: map[string]map[string]time.Time{}, last: map[string]map[string]int64{}}
	physical.Walk(p.Root, func(op physical.Op) {
		if timer, ok := op.(physical.EventTimer); ok {
			t.timers = append(t.timers, timer)
		}
	})
	if r.Done != nil {
		t.watermark = r.Done.Watermark
	}
	if r.Last != nil {
		t.add(r.Last.EventTimes, now, r.Done.Time)
		for id, parts := range r.Last.Heard {
			if t.last[id] != nil {
				maps.Copy(t.last[id], parts)
			}
		}
	}
	return t
}

// add takes in the greatest times of a batch that was planned at a time, and is
// done now.
func (t *eventTimes) add(seen map[string]map[string]int64, now time.Time, planned int64) {
	for id, parts := range seen {
		if t.maxima[id] == nil {
			t.maxima[id], t.heard[id], t.last[id] = map[string]int64{}, map[string]time.Time{}, map[string]int64{}
		}
		for part, at := range parts {
			if old, ok := t.maxima[id][part]; !ok || at > old {
				t.maxima[id][part] = at
			}
			t.heard[id][part], t.last[id][part] = now, planned
		}
	}
}

// unheard returns when the partitions without a row in a batch last had one, for
// its commit.
func (t *eventTimes) unheard(seen map[string]map[string]int64) map[string]map[string]int64 {
	var out map[string]map[string]int64
	for id, parts := range t.last {
		for part, at := range parts {
			if _, ok := seen[id][part]; ok {
				continue
			}
			if out == nil {
				out = map[string]map[string]int64{}
			}
			if out[id] == nil {
				out[id] = map[string]int64{}
			}
			out[id][part] = at
		}
	}
	return out
}

// observed returns the greatest times of the run that has just ended.
func (t *eventTimes) observed() map[string]map[string]int64 {
	out := map[string]map[string]int64{}
	for _, timer := range t.timers {
		if seen := timer.Observed(); len(seen) > 0 {
			out[timer.ID()] = seen
		}
	}
	return out
}

// merged returns the greatest times after a batch, for its commit.
func (t *eventTimes) merged(seen map[string]map[string]int64) map[string]map[string]int64 {
	if len(t.timers) == 0 {
		return nil
	}
	out := map[string]map[string]int64{}
	for _, from := range []map[string]map[string]int64{t.maxima, seen} {
		for id, parts := range from {
			if out[id] == nil {
				out[id] = map[string]int64{}
			}
			for part, at := range parts {
				if old, ok := out[id][part]; !ok || at > old {
					out[id][part] = at
				}
			}
		}
	}
	return out
}

// silent lists the partitions that are idle: silent for long, while another one of
// the same input had a row later. Those that had the last one are not idle: where
// all are silent, time stands still.
//
// Where a query has read all it will, nothing more can come for a partition in this
// run, so that silence counts from its last row in any run. Otherwise each run would
// be too short to find a partition idle, and windows would stay open for ever.
func (t *eventTimes) silent(now time.Time, ended bool) map[string][]string {
	t.looked = now
	if t.idle <= 0 {
		return nil
	}
	out := map[string][]string{}
	for id, parts := range t.heard {
		since := parts
		if ended {
			since = timesOf(t.last[id])
		}
		newest := time.Time{}
		for _, at := range since {
			if at.After(newest) {
				newest = at
			}
		}
		for _, part := range slices.Sorted(maps.Keys(since)) {
			if at := since[part]; now.Sub(at) >= t.idle && at.Before(newest) {
				out[id] = append(out[id], part)
			}
		}
	}
	return out
}

func timesOf(micros map[string]int64) map[string]time.Time {
	out := make(map[string]time.Time, len(micros))
	for part, at := range micros {
		out[part] = time.UnixMicro(at)
	}
	return out
}

// wakes returns when the next partition becomes idle that was not when silent was
// last asked, if that can move the watermark. It may be past by now.
func (t *eventTimes) wakes() (time.Time, bool) {
	var first time.Time
	for _, parts := range t.heard {
		if len(parts) < 2 || t.idle <= 0 {
			continue
		}
		for _, at := range parts {
			if due := at.Add(t.idle); due.After(t.looked) && (first.IsZero() || due.Before(first)) {
				first = due
			}
		}
	}
	return first, !first.IsZero()
}

// next returns the watermark of the next batch.
func (t *eventTimes) next(idle map[string][]string) int64 {
	if len(t.timers) == 0 {
		return physical.NoWatermark
	}
	delays := map[string]int64{}
	for _, timer := range t.timers {
		delays[timer.ID()] = timer.Delay()
	}
	return physical.NextWatermark(t.watermark, delays, t.maxima, idle, t.max)
}

// describe returns the event times of a batch, as progress shows them.
func (t *eventTimes) describe(b *running) map[string]string {
	out := map[string]string{}
	if len(t.timers) == 0 {
		return out
	}
	all := operator.NoEvents()
	for _, timer := range t.timers {
		all = all.Add(timer.Stats())
	}
	if all.Count > 0 {
		out["min"], out["max"], out["avg"] = isoTime(all.Min), isoTime(all.Max), isoTime(all.Avg())
	}
	if b.plan.Watermark != physical.NoWatermark {
		out["watermark"] = isoTime(b.plan.Watermark)
	} else {
		out["watermark"] = isoTime(0)
	}
	return out
}

func isoTime(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("2006-01-02T15:04:05.000Z")
}
