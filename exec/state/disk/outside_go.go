//go:build !cgo

package disk

// cacheSize is the size of the cache as the database counts it.
func (o Options) cacheSize() int64 { return o.CacheBytes }

// outside is what the database holds outside of Go's heap: nothing.
func (o Options) outside() int64 { return 0 }
