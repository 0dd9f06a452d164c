package state

// Metered is a store with a database behind it.
type Metered interface {
	// Database describes the database as it is, and what it has done since it was
	// opened.
	Database() Database
}

// Database describes a database that all operators of a query share.
type Database struct {
	// DiskBytes is the size of its files, MemoryBytes that of its caches.
	DiskBytes, MemoryBytes int64
	// CacheHits and CacheMisses count the blocks that it has looked for.
	CacheHits, CacheMisses int64
	// Flushes from memory to files, and compactions of files, with the bytes that they
	// have written.
	Flushes, FlushedBytes, Compactions, CompactedBytes int64
}

// Since returns what was done since an earlier description; sizes are those of now.
func (d Database) Since(before Database) Database {
	d.CacheHits, d.CacheMisses = d.CacheHits-before.CacheHits, d.CacheMisses-before.CacheMisses
	d.Flushes, d.FlushedBytes = d.Flushes-before.Flushes, d.FlushedBytes-before.FlushedBytes
	d.Compactions, d.CompactedBytes = d.Compactions-before.Compactions, d.CompactedBytes-before.CompactedBytes
	return d
}
