package disk

import "github.com/riffledata/riffle/exec/state"

// Database describes the database. It takes about 20 microseconds.
func (s *Store) Database() state.Database {
	m := s.db.Metrics()
	d := state.Database{DiskBytes: int64(m.DiskSpaceUsage()), MemoryBytes: m.BlockCache.Size + int64(m.MemTable.Size) + m.FileCache.Size,
		CacheHits: m.BlockCache.Hits, CacheMisses: m.BlockCache.Misses, Flushes: m.Flush.Count, Compactions: m.Compact.Count}
	for _, l := range m.Levels {
		d.FlushedBytes += int64(l.TableBytesFlushed)
		d.CompactedBytes += int64(l.TableBytesCompacted)
	}
	return d
}
