//go:build cgo

package disk

// outside is what the database holds outside of Go's heap: the cache of blocks, and
// in it the changes that are not yet in files, with what the allocator loses.
func (o Options) outside() int64 { return o.CacheBytes + o.CacheBytes/4 }
