package foreach

import (
	"context"
	"strconv"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
)

// Function takes the rows of a micro-batch, which may be none. It is called once
// at a time for a query.
type Function func(ctx context.Context, rows []arrow.RecordBatch, batch int64) error

// Functions keeps functions by name. It is safe for concurrent use.
type Functions struct {
	mu    sync.Mutex
	last  int
	known map[string]Function
}

// NewFunctions returns an empty list.
func NewFunctions() *Functions { return &Functions{known: map[string]Function{}} }

// Hold keeps a function and returns its name. drop forgets it; so does the end of
// the sink that was opened for it.
func (f *Functions) Hold(call Function) (name string, drop func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	name = strconv.Itoa(f.last)
	f.known[name] = call
	return name, func() { f.drop(name) }
}

func (f *Functions) drop(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.known, name)
}

func (f *Functions) find(name string) (Function, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	call, ok := f.known[name]
	return call, ok
}
