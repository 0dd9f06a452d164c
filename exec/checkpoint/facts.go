package checkpoint

// EpochsRead tells that the epochs were listed, with the highest of them, 0 for
// none.
func (f Facts) EpochsRead(highest int64) Facts {
	f.Listed = true
	f.Seen = max(f.Seen, highest)
	return f
}

// Claimed tells that an epoch was created, by this run or, unless mine, by another
// one.
func (f Facts) Claimed(epoch int64, mine bool) Facts {
	f.Seen = max(f.Seen, epoch)
	if mine {
		f.Epoch = epoch
	}
	return f
}

// LogRead tells the last batch that is committed, NoBatch for none, with the epoch
// of its commit, and the epoch of the plan of the batch after it, 0 where it has
// none.
func (f Facts) LogRead(last, commitEpoch, planEpoch int64) Facts {
	f.ReadAll = true
	f.Seen = max(f.Seen, commitEpoch, planEpoch)
	f.Last = last
	f.Planned = planEpoch > 0
	return f
}

// SinksAsked tells the last batch that the sinks show in full, NoBatch for none.
func (f Facts) SinksAsked(published int64) Facts {
	f.Asked = true
	f.Published = published
	return f
}

// Restored tells that the state after the last batch is loaded.
func (f Facts) Restored() Facts {
	f.State = f.Last
	return f
}

// PlanFound tells what the plan of the next batch holds, after trying to create it:
// the epoch of who created it.
func (f Facts) PlanFound(epoch int64) Facts {
	f.Seen = max(f.Seen, epoch)
	f.Planned = true
	return f
}

// Ran tells that the next batch was executed.
func (f Facts) Ran() Facts {
	f.Executed = true
	return f
}

// RunsAgain tells that the run starts over with the next batch, whose plan stays:
// what it has not committed may be done twice, by any number of runs.
func (f Facts) RunsAgain() Facts {
	f.Executed, f.Confirmed, f.Written = false, false, false
	return f
}

// Checked tells whether the epoch after this run's has been claimed.
func (f Facts) Checked(claimed bool) Facts {
	if claimed {
		f.Seen = max(f.Seen, f.Epoch+1)
	}
	f.Confirmed = true
	return f
}

// Wrote tells that the rows of the next batch are in all sinks, or staged.
func (f Facts) Wrote() Facts {
	f.Written = true
	return f
}

// CommitFound tells what the commit of the next batch holds, after trying to create
// it: the epoch of who created it, and whether this was that run. Where it was not,
// the state is that of the commit, not the one at hand.
func (f Facts) CommitFound(epoch int64, mine bool) Facts {
	f.Seen = max(f.Seen, epoch)
	f.Last++
	f.State = noState
	if mine {
		f.State = f.Last
	}
	f.Planned, f.Executed, f.Confirmed, f.Written = false, false, false, false
	return f
}

// PublishedBatch tells that the sinks show the staged rows of the next unpublished
// batch.
func (f Facts) PublishedBatch() Facts {
	f.Published++
	return f
}

// Deposed tells that a sink has met a later run, whose epoch it may not know.
func (f Facts) Deposed() Facts {
	f.Seen = max(f.Seen, f.Epoch+1)
	return f
}
