package stream

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/operator"
)

// report counts the records of one scan over the life of its query. It is safe
// for concurrent use.
type report struct {
	maxRate   float64
	source    string
	jail      *jail
	read, bad atomic.Int64
	mu        sync.Mutex
	last      string
}

// NewReport returns a report for a query that is run once and has no progress: it
// stops the query where too many records are bad.
func NewReport(maxRate float64) operator.Report { return &report{maxRate: maxRate, jail: &jail{}} }

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

// BadRecord keeps an example, and the record itself where there is a quarantine.
func (r *report) BadRecord(from arrow.RecordBatch, row int, record []byte, cause error) error {
	const most = 200
	text := cause.Error()
	if len(record) > 0 {
		text = fmt.Sprintf("%v in %q", cause, record[:min(len(record), most)])
	}
	r.mu.Lock()
	r.last = text
	r.mu.Unlock()
	return r.jail.record(r.source, from, row, record, cause)
}

func (r *report) example() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// rowErrors counts the rows that were left out because an expression failed on
// them.
type rowErrors struct {
	jail *jail
	n    atomic.Int64
	mu   sync.Mutex
	last string
}

// add leaves a row out.
func (r *rowErrors) add(b batch.Batch, row int, cause error) error {
	r.n.Add(1)
	r.mu.Lock()
	r.last = cause.Error()
	r.mu.Unlock()
	return r.jail.row(b, row, cause)
}

func (r *rowErrors) example() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}
