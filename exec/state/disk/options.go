package disk

import (
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/riffledata/riffle/exec/state"
)

// Options bound what a store takes.
type Options struct {
	// CacheBytes is the memory of the cache of blocks, of which the changes that are
	// not yet in files are a part. Default 96 MiB, at least 8.
	CacheBytes int64
	// Budget bounds the changes of the running batch, which are held in memory until
	// it is committed. Default: one of its own, of 128 MiB.
	Budget *state.Budget
	// Hold is told of the bytes that an open store holds outside of Go's heap, and
	// when it closes of as many less; nil: nobody asks.
	Hold func(bytes int64)
	// FlushEvery is how old the files may be behind the last commit, in a query that
	// commits: what a crash of the process costs at most. Default 5 s.
	FlushEvery time.Duration
	// FS is where the directory is. Default: the file system of the machine; tests
	// have others, that fail.
	FS vfs.FS
}

const (
	defaultCache = 96 << 20
	leastCache   = 8 << 20
	defaultBatch = 128 << 20
	defaultFlush = 5 * time.Second

	// stallAtMemTables and stallAtSublevels are where Commit waits for the
	// database to have written what it holds.
	stallAtMemTables = 3
	stallAtSublevels = 24
	// never is above what is ever reached: the database itself would wait without
	// end where the disk is full, and Commit could not say so.
	never = 1 << 20
)

func (o Options) withDefaults() Options {
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCache
	}
	o.CacheBytes = max(o.CacheBytes, leastCache)
	if o.Budget == nil {
		o.Budget = state.NewBudget(defaultBatch)
	}
	if o.Hold == nil {
		o.Hold = func(int64) {}
	}
	if o.FlushEvery == 0 {
		o.FlushEvery = defaultFlush
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	return o
}

// memTable is the size of a table of changes that are not yet in files.
func (o Options) memTable() int64 { return o.cacheSize() / 8 }

// pebble are the database's options: filters on all levels, so that looking for
// a new key reads nothing, and two compactions at most.
func (o Options) pebble(fs vfs.FS, w *watch) *pebble.Options {
	p := &pebble.Options{
		FS:                          fs,
		FormatMajorVersion:          pebble.FormatNewest,
		CacheSize:                   o.cacheSize(),
		MemTableSize:                uint64(o.memTable()),
		MemTableStopWritesThreshold: never,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       never,
		MaxOpenFiles:                512,
		DisableWAL:                  true,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
		Logger:                      w,
		EventListener:               w.listener(),
	}
	for i := range p.Levels {
		p.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		p.Levels[i].BlockSize = 4 << 10
	}
	return p
}
