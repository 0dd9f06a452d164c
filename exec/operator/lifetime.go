package operator

import (
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/state"
)

// Lifetime is how long state that no watermark lets go is kept after its last
// change, in microseconds; 0: for ever. The clock is the time of batches, so that
// a batch which runs again forgets the same.
//
// Times of changes are rounded up to a tenth of the lifetime: what changes with
// each batch is written with its time ten times in a lifetime, not each time, and
// state stays up to a tenth longer.
type Lifetime int64

// LifetimeOf returns the lifetime of a setting.
func LifetimeOf(d time.Duration) Lifetime { return Lifetime(d.Microseconds()) }

// stamp is the time that a change at now is kept with.
func (l Lifetime) stamp(now int64) int64 {
	step := max(int64(l)/10, 1)
	over := now % step
	if over < 0 {
		over += step
	}
	if over == 0 {
		return now
	}
	return now - over + step
}

// limit is the latest time of a last change that is forgotten at now.
func (l Lifetime) limit(now int64) int64 { return addTime(now, -int64(l)) }

// The spaces of lifetimes in a table, beside those of the operator: for a key of its
// main space the time of its last change, and for a key group a time before which
// none of its keys changed last. Each key of a group has the first, and each group
// with keys has the second, or else what is in it was kept without a lifetime.
const (
	SpaceChanged = 'l'
	SpaceOldest  = 'x'
)

// Spaces describe what the state keeps of changes, for keys of the given columns.
func (l Lifetime) Spaces(keyDDL string) []state.Space {
	if l == 0 {
		return nil
	}
	changed := ddl([]arrow.Field{{Name: "changed", Type: arrow.FixedWidthTypes.Timestamp_us}})
	oldest := ddl([]arrow.Field{{Name: "oldest", Type: arrow.FixedWidthTypes.Timestamp_us}})
	return []state.Space{{ID: SpaceChanged, Name: "last changes", Key: keyDDL, Value: changed, Optional: true},
		{ID: SpaceOldest, Name: "oldest changes", Value: oldest, Optional: true}}
}
