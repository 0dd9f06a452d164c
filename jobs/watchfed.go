package jobs

import (
	"context"
	"errors"
	"sync"

	"github.com/riffledata/riffle/dataframe"
)

// Fed is what brings a query its events, where the job does so itself.
type Fed interface {
	// Wait returns once all that is to be fed was fed, with the error that kept it
	// from being so, or ctx's.
	Wait(ctx context.Context) error
	// Ends tells whether nothing can come after that.
	Ends() bool
}

// errRead says that all events there will ever be were read.
var errRead = errors.New("all events were read")

// WatchFed is Watch of a query that the job itself feeds. It returns nil once all
// that is fed was read, where the feed ends, and where ctx ended after the query
// has given something: being interrupted is a good end for a job that goes on.
func WatchFed(ctx context.Context, q *dataframe.StreamingQuery, feed Fed, view func(context.Context) (string, error)) error {
	watching, end := context.WithCancelCause(ctx)
	var feeding sync.WaitGroup
	feeding.Go(func() {
		if err := read(watching, q, feed); err != nil {
			end(err)
		}
	})
	err := Watch(watching, q, view)
	cause := context.Cause(watching)
	end(nil)
	feeding.Wait()
	switch {
	case cause == nil:
		return err
	case ctx.Err() != nil && q.Totals().Batches > 0, errors.Is(cause, errRead):
		return nil
	}
	return cause
}

// read waits until all that is fed was read, and says so where nothing can come
// after it.
func read(ctx context.Context, q *dataframe.StreamingQuery, feed Fed) error {
	if err := feed.Wait(ctx); err != nil || !feed.Ends() {
		return err
	}
	if err := q.ProcessAllAvailable(ctx); err != nil {
		return err
	}
	return errRead
}
