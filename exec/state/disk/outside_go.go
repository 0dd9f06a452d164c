//go:build !cgo

package disk

// outside is what the database holds outside of Go's heap: nothing.
func (o Options) outside() int64 { return 0 }
