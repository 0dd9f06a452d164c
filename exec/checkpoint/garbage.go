package checkpoint

import "slices"

// Keep is the number of batches whose records are kept by default.
const Keep = 100

// Files returns the names that a commit needs beside its own: those of its state and
// its staged rows, sorted.
func (c *Commit) Files() []string {
	names := append([]string{}, c.State.Deltas...)
	if c.State.Snapshot != "" {
		names = append(names, c.State.Snapshot)
	}
	for _, name := range c.Staged {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Inventory is what a store holds, as far as it matters for what may go.
type Inventory struct {
	// Names are all names of the store.
	Names []string
	// Keep is the number of committed batches whose records stay, at least 1.
	Keep int
	// Needed are the names that the commits of those batches name.
	Needed map[string]bool
	// Epoch is that of the run that cleans. It has committed a batch that it planned
	// itself: from then on no earlier run can commit anything.
	Epoch int64
}

// Oldest returns the oldest batch to keep, of the names of a store.
func Oldest(names []string, keep int) int64 {
	var commits []int64
	for _, name := range names {
		if n, ok := Number(name, CommitsPrefix); ok {
			commits = append(commits, n)
		}
	}
	slices.Sort(commits)
	if len(commits) == 0 {
		return 0
	}
	return max(commits[max(0, len(commits)-keep)], commits[len(commits)-1]-int64(keep)+1)
}

// Garbage returns the names that may be deleted, sorted: plans and commits below the
// oldest batch to keep, and files of earlier runs that no commit to be kept names.
// Files of the run itself may be named by a commit yet to come; it deletes them as
// the commits that named them go. Epochs are never garbage: they are what an older
// run finds when it wakes. Files of later runs are theirs.
func Garbage(inv Inventory) []string {
	oldest := Oldest(inv.Names, max(1, inv.Keep))
	var out []string
	for _, name := range inv.Names {
		if !inv.Needed[name] && (below(name, oldest) || orphan(name, inv.Epoch)) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func below(name string, oldest int64) bool {
	for _, prefix := range []string{OffsetsPrefix, CommitsPrefix} {
		if n, ok := Number(name, prefix); ok {
			return n < oldest
		}
	}
	return false
}

func orphan(name string, epoch int64) bool {
	e, ok := fileEpoch(name)
	return ok && e < epoch
}
