package journal

import (
	"context"
	"io"
	"sync"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/store"
)

// each is the number of commits after which garbage is removed.
const each = 16

// collector removes what is no longer needed, in a goroutine of its own. It lists
// the store once, after this run has committed a batch that it planned; from then on
// it knows what each commit named.
type collector struct {
	store store.Store
	epoch int64
	keep  int64

	mu      sync.Mutex
	waiting []checkpoint.Commit // reduced to batch and files
	settled bool
	removed int64
	err     error

	wake   chan struct{}
	cancel context.CancelFunc
	done   chan struct{}

	// Of the goroutine alone: what commits name, how many name it, and the last batch.
	listed bool
	files  map[int64][]string
	needed map[string]int
	oldest int64
	last   int64
}

func newCollector(ctx context.Context, s store.Store, epoch int64, keep int) *collector {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c := &collector{store: s, epoch: epoch, keep: int64(keep), wake: make(chan struct{}, 1), cancel: cancel,
		done: make(chan struct{}), files: map[int64][]string{}, needed: map[string]int{}}
	go func() {
		defer close(c.done)
		c.run(ctx)
	}()
	return c
}

// committed tells of a commit. settled is set where its plan was this run's own.
func (c *collector) committed(commit *checkpoint.Commit, settled bool) {
	c.mu.Lock()
	c.waiting = append(c.waiting, checkpoint.Commit{Batch: commit.Batch, State: checkpoint.Manifest{Deltas: commit.Files()}})
	first := settled && !c.settled
	c.settled = c.settled || settled
	due := c.settled && (first || len(c.waiting) >= each)
	c.mu.Unlock()
	if due {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// close ends the goroutine and waits for it.
func (c *collector) close() {
	c.cancel()
	<-c.done
}

func (c *collector) run(ctx context.Context) {
	for {
		select {
		case <-c.wake:
			err := c.collect(ctx)
			c.mu.Lock()
			c.err = err
			c.mu.Unlock()
		case <-ctx.Done():
			return
		}
	}
}

func (c *collector) collect(ctx context.Context) error {
	if !c.listed {
		if err := c.list(ctx); err != nil {
			return err // again with the next commits
		}
		c.listed = true
	}
	c.mu.Lock()
	fresh := c.waiting
	c.waiting = nil
	c.mu.Unlock()
	for i := range fresh {
		c.oldest = min(c.oldest, fresh[i].Batch) // the list may have come late
		c.add(&fresh[i])
	}
	return c.drop(ctx)
}

// list finds what earlier runs have left, and removes what nobody can need any more.
func (c *collector) list(ctx context.Context) error {
	names, err := c.store.List(ctx, "")
	if err != nil {
		return err
	}
	oldest := checkpoint.Oldest(names, int(c.keep))
	needed := map[string]bool{}
	var found []checkpoint.Commit
	for _, name := range names {
		if n, ok := checkpoint.Number(name, checkpoint.CommitsPrefix); ok && n >= oldest {
			commit, err := c.read(ctx, name)
			if err != nil {
				return err
			}
			found = append(found, commit)
			for _, file := range commit.Files() {
				needed[file] = true
			}
		}
	}
	for _, name := range checkpoint.Garbage(checkpoint.Inventory{Names: names, Keep: int(c.keep), Needed: needed, Epoch: c.epoch}) {
		if err := c.remove(ctx, name); err != nil {
			return err
		}
	}
	c.oldest = oldest
	for i := range found {
		c.add(&found[i])
	}
	return nil
}

// read reads a commit as it is; it need not be made durable to be counted.
func (c *collector) read(ctx context.Context, name string) (commit checkpoint.Commit, err error) {
	r, err := c.store.Open(ctx, name)
	if err != nil {
		return commit, err
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		return commit, err
	}
	return checkpoint.Decode[checkpoint.Commit](raw)
}

func (c *collector) add(commit *checkpoint.Commit) {
	if _, known := c.files[commit.Batch]; known {
		return
	}
	files := commit.Files()
	c.files[commit.Batch] = files
	for _, name := range files {
		c.needed[name]++
	}
	c.last = max(c.last, commit.Batch)
}

// drop removes the batches before the oldest one to keep, and what they alone named.
// What could not be removed is garbage for the next run.
func (c *collector) drop(ctx context.Context) error {
	for c.oldest < c.last-c.keep+1 {
		n := c.oldest
		c.oldest++
		gone := []string{checkpoint.OffsetsName(n), checkpoint.CommitsName(n)}
		for _, name := range c.files[n] {
			c.needed[name]--
			gone = append(gone, name)
		}
		delete(c.files, n)
		for _, name := range gone {
			if err := c.removeUnneeded(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *collector) removeUnneeded(ctx context.Context, name string) error {
	if c.needed[name] > 0 {
		return nil
	}
	delete(c.needed, name)
	if n, ok := checkpoint.Number(name, checkpoint.CommitsPrefix); ok && n >= c.oldest {
		return nil
	}
	return c.remove(ctx, name)
}

func (c *collector) remove(ctx context.Context, name string) error {
	if err := c.store.Delete(ctx, name); err != nil {
		return err
	}
	c.mu.Lock()
	c.removed++
	c.mu.Unlock()
	return nil
}

// Garbage returns how many names were removed so far, and the error of the last
// attempt: garbage that stays is no failure of the query.
func (l *Log) Garbage() (removed int64, err error) {
	if l.garbage == nil {
		return 0, nil
	}
	l.garbage.mu.Lock()
	defer l.garbage.mu.Unlock()
	return l.garbage.removed, l.garbage.err
}
