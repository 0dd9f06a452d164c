package engine

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
)

// Conf holds the settings of a session by key. A query keeps the ones it was
// started with. The zero Conf has every default.
type Conf struct{ values map[string]string }

// Setting describes a key of the configuration.
type Setting struct {
	Key, Default, Doc string
	// Alias is the key that Spark has for it, or "".
	Alias string
	check func(string) error
}

// Settings are the known keys.
func Settings() []Setting {
	return []Setting{
		{"riffle.ansi", "true", "overflow, division by zero and casts that do not fit are errors; otherwise null", "spark.sql.ansi.enabled", isBool},
		{"riffle.timeZone", "UTC", "the time zone in which timestamps are shown and read", "spark.sql.session.timeZone", isZone},
		{"riffle.shuffle.partitions", "0", "tasks after an exchange; 0: one for each core of the master", "spark.sql.shuffle.partitions", isCount},
		{"riffle.memory.table.bytes", "1073741824", "the most bytes that one memory table may hold", "", isPositive},
		{"riffle.state.bytes", "4294967296", "the most bytes that the state of one query may hold in memory", "", isPositive},
		{"riffle.memory.limit", "0", "the memory, in bytes, within which the process is to stay, as far as it can: what is not held by caches and the binary is the limit of Go's runtime, and state goes over to disk at a quarter of it; auto: nine tenths of what a container may take; 0: none. GOMEMLIMIT goes before it", "", isMemory},
		{"riffle.sort.bytes", "1073741824", "the most bytes that one sort may hold in memory", "", isPositive},
		{"riffle.state.backend", "auto", "where state is kept: memory; disk, a database in riffle.state.dir; or auto: in memory, and on disk from when it takes more than half of riffle.state.bytes, or a batch does not fit beside it; a query that was on disk stays there when it is started again", "", isOneOf("auto", "memory", "disk")},
		{"riffle.state.dir", "", "the folder for state on disk; empty: a temporary one", "", isAny},
		{"riffle.state.cache.bytes", "134217728", "the most bytes of memory that state on disk may use", "", isPositive},
		{"riffle.state.ttl", "0", "how long state that no watermark lets go is kept after its last change, by the time of micro-batches, and up to a tenth longer: groups, sessions, keys of distinct and dropDuplicates, rows of tables and of joins without time bounds, but not what processors keep; 0: for ever", "", isTTL},
		{"riffle.checkpoint.location", "", "the folder or URL under which queries that have a name and no checkpoint of their own keep one", "spark.sql.streaming.checkpointLocation", isAny},
		{"riffle.checkpoint.deltas", "10", "batches after which the changes of state are merged into a snapshot", "", isPositive},
		{"riffle.checkpoint.retain", "100", "batches that a checkpoint keeps, at least", "spark.sql.streaming.minBatchesToRetain", isPositive},
		{"riffle.watermark.policy", "min", "the watermark of a query with several: that of the slowest input (min) or of the fastest (max)", "spark.sql.streaming.multipleWatermarkPolicy", isOneOf("min", "max")},
		{"riffle.watermark.idle", "10s", "a partition of a source that is silent for so long, while others are not, does not hold the watermark back; 0: it does", "", isDuration},
		{"riffle.join.bytes", "2147483648", "the most bytes that one join may hold of the side that it keeps in memory", "", isPositive},
		{"riffle.join.static", "cache", "the side of a stream's join that is no stream: cache reads it once when the query starts, reread for each batch", "", isOneOf("cache", "reread")},
		{"riffle.badRecords.maxRate", "1", "the share of bad records above which a query stops; 1: never", "", isRate},
	}
}

// Set returns the settings with one changed. An unknown key is an error that
// names the nearest ones.
func (c Conf) Set(key, value string) (Conf, error) {
	s, err := setting(key)
	if err != nil {
		return c, err
	}
	if err := s.check(strings.TrimSpace(value)); err != nil {
		return c, fmt.Errorf("setting %s: %w", key, err)
	}
	values := make(map[string]string, len(c.values)+1)
	for k, v := range c.values {
		values[k] = v
	}
	values[s.Key] = strings.TrimSpace(value)
	return Conf{values}, nil
}

// Get returns the value of a key, or its default.
func (c Conf) Get(key string) (string, error) {
	s, err := setting(key)
	if err != nil {
		return "", err
	}
	if v, ok := c.values[s.Key]; ok {
		return v, nil
	}
	return s.Default, nil
}

// Values returns the settings that were made, by key.
func (c Conf) Values() map[string]string {
	out := make(map[string]string, len(c.values))
	for k, v := range c.values {
		out[k] = v
	}
	return out
}

func (c Conf) must(key string) string {
	v, err := c.Get(key)
	if err != nil {
		panic(err) // a key of ours that Settings lacks
	}
	return v
}

// Int returns the value of one of the numeric Settings.
func (c Conf) Int(key string) int64 {
	n, _ := strconv.ParseInt(c.must(key), 10, 64)
	return n
}

// ANSI tells whether riffle.ansi is on.
func (c Conf) ANSI() bool { return strings.EqualFold(c.must("riffle.ansi"), "true") }

// JoinReread tells whether riffle.join.static is reread.
func (c Conf) JoinReread() bool { return strings.EqualFold(c.must("riffle.join.static"), "reread") }

// Zone returns the session's time zone.
func (c Conf) Zone() *time.Location {
	zone, err := types.LoadZone(c.must("riffle.timeZone"))
	if err != nil {
		return time.UTC
	}
	return zone
}

// MaxBadRate returns riffle.badRecords.maxRate.
func (c Conf) MaxBadRate() float64 {
	rate, _ := strconv.ParseFloat(c.must("riffle.badRecords.maxRate"), 64)
	return rate
}

// WatermarkMax tells whether the watermark of several inputs is that of the
// fastest.
func (c Conf) WatermarkMax() bool { return strings.EqualFold(c.must("riffle.watermark.policy"), "max") }

// WatermarkIdle is the time after which a silent partition counts no more; 0 for
// never.
func (c Conf) WatermarkIdle() time.Duration {
	d, _ := time.ParseDuration(c.must("riffle.watermark.idle"))
	return d
}

// MemoryLimit is riffle.memory.limit in bytes, 0 for none, or whether it follows from
// what the process may take.
func (c Conf) MemoryLimit() (bytes int64, auto bool) {
	if strings.EqualFold(c.must("riffle.memory.limit"), "auto") {
		return 0, true
	}
	return c.Int("riffle.memory.limit"), false
}

// StateTTL is how long state that no watermark lets go is kept; 0 for ever.
func (c Conf) StateTTL() time.Duration {
	d, _ := time.ParseDuration(c.must("riffle.state.ttl"))
	return d
}

// StateBackend is memory, disk or auto.
func (c Conf) StateBackend() string { return strings.ToLower(c.must("riffle.state.backend")) }

// Text returns the value of one of the Settings.
func (c Conf) Text(key string) string { return c.must(key) }

func setting(key string) (Setting, error) {
	var keys []string
	for _, s := range Settings() {
		if strings.EqualFold(key, s.Key) || s.Alias != "" && strings.EqualFold(key, s.Alias) {
			return s, nil
		}
		keys = append(keys, s.Key)
	}
	near := types.Nearest(key, keys)
	if len(near) == 0 {
		sort.Strings(keys)
		return Setting{}, fmt.Errorf("no setting %s; the settings are %s", key, strings.Join(keys, ", "))
	}
	return Setting{}, fmt.Errorf("no setting %s; did you mean %s?", key, strings.Join(near, " or "))
}

func isBool(v string) error {
	if strings.EqualFold(v, "true") || strings.EqualFold(v, "false") {
		return nil
	}
	return fmt.Errorf("%q is not true or false", v)
}

func isAny(string) error { return nil }

func isOneOf(words ...string) func(string) error {
	return func(v string) error {
		for _, w := range words {
			if strings.EqualFold(v, w) {
				return nil
			}
		}
		return fmt.Errorf("%q is not one of %s", v, strings.Join(words, ", "))
	}
}

func isDuration(v string) error {
	if d, err := time.ParseDuration(v); v != "0" && (err != nil || d < 0) {
		return fmt.Errorf("%q is not a time such as 10s or 5m", v)
	}
	return nil
}

func isTTL(v string) error {
	err := isDuration(v)
	if d, _ := time.ParseDuration(v); err == nil && d > 0 && d < time.Millisecond {
		err = fmt.Errorf("%q is less than a millisecond, which is the shortest", v)
	}
	return err
}

func isZone(v string) error { _, err := types.LoadZone(v); return err }

func isMemory(v string) error {
	if strings.EqualFold(v, "auto") {
		return nil
	}
	if err := isCount(v); err != nil {
		return fmt.Errorf("%w, or auto", err)
	}
	return nil
}

func isCount(v string) error    { return atLeast(v, 0) }
func isPositive(v string) error { return atLeast(v, 1) }

func atLeast(v string, low int64) error {
	if n, err := strconv.ParseInt(v, 10, 64); err != nil || n < low {
		return fmt.Errorf("%q is not a whole number of at least %d", v, low)
	}
	return nil
}

func isRate(v string) error {
	if r, err := strconv.ParseFloat(v, 64); err != nil || !(r >= 0 && r <= 1) {
		return fmt.Errorf("%q is not a share between 0 and 1", v)
	}
	return nil
}

// ConfOf returns the settings that Values gave.
func ConfOf(values map[string]string) (Conf, error) {
	var c Conf
	for key, value := range values {
		var err error
		if c, err = c.Set(key, value); err != nil {
			return Conf{}, err
		}
	}
	return c, nil
}
