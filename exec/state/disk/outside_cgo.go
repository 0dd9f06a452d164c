//go:build cgo

package disk

// cacheSize is the size of the cache as the database counts it. It takes the memory
// for that from C, whose allocator keeps as much again of what was freed: tables of
// changes are megabytes each, and leave holes.
func (o Options) cacheSize() int64 { return o.CacheBytes / 2 }

// outside is what the database holds outside of Go's heap.
func (o Options) outside() int64 { return o.CacheBytes + o.CacheBytes/4 }
