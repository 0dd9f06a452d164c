//go:build cgo

package disk

// cacheSize is the size of the cache as the database counts it. It takes the memory
// from C, and up to four times as much as it counts: beside the cache there
// are tables of changes and blocks in use, and what the allocator of C does not give
// back.
func (o Options) cacheSize() int64 { return o.CacheBytes / 2 }

// outside is what the database holds outside of Go's heap.
func (o Options) outside() int64 { return 2 * o.CacheBytes }
