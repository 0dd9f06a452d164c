package stream

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/riffledata/riffle/exec/batch"
)

// report counts the records of one scan over the life of its query. It is safe
// for concurrent use.
type report struct {
	maxRate   float64
	read, bad atomic.Int64
	mu        sync.Mutex
	last      string
}

// rateAfter is how many records a query reads before a high share of bad ones
// stops it.
const rateAfter = 1000

type counts struct{ read, bad int64 }

func (r *report) counts() counts { return counts{r.read.Load(), r.bad.Load()} }

// Records adds a batch. It fails once the share of bad records is above the
// allowed one.
func (r *report) Records(read, bad int64) error {
	all, wrong := r.read.Add(read), r.bad.Add(bad)
	if bad > 0 && all >= rateAfter && float64(wrong) > r.maxRate*float64(all) {
		return fmt.Errorf("%d of %d records could not be parsed, more than the share of %g that riffle.badRecords.maxRate allows; the last: %s",
			wrong, all, r.maxRate, r.example())
	}
	return nil
}

// BadRecord keeps an example.
func (r *report) BadRecord(record []byte, cause error) {
	const most = 200
	text := fmt.Sprintf("%v in %q", cause, record[:min(len(record), most)])
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = text
}

func (r *report) example() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// rowErrors counts the rows that were left out because an expression failed on
// them.
type rowErrors struct {
	n    atomic.Int64
	mu   sync.Mutex
	last string
}

// add leaves a row out.
func (r *rowErrors) add(_ batch.Batch, _ int, cause error) error {
	r.n.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = cause.Error()
	return nil
}

func (r *rowErrors) example() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
