package checkpoint

import (
	"fmt"
	"strconv"
	"strings"
)

// MetaName is the name of the record of Meta.
const MetaName = "meta"

// Folders of the records, as prefixes of their names.
const (
	EpochsPrefix  = "epochs/"
	OffsetsPrefix = "offsets/"
	CommitsPrefix = "commits/"
	StatePrefix   = "state/"
	StagedPrefix  = "staged/"
	SourcesPrefix = "sources/"
)

// EpochName is the name of the record of an epoch.
func EpochName(e int64) string { return EpochsPrefix + strconv.FormatInt(e, 10) }

// OffsetsName is the name of the plan of a batch.
func OffsetsName(n int64) string { return OffsetsPrefix + strconv.FormatInt(n, 10) }

// CommitsName is the name of the outcome of a batch.
func CommitsName(n int64) string { return CommitsPrefix + strconv.FormatInt(n, 10) }

// StateName is the name of a file of state after a batch, made by the run of an
// epoch: "state/3/17-x.delta" for the suffix "x.delta". A run uses a suffix once
// for each batch that it runs, and never again when it runs the batch again.
func StateName(epoch, batch int64, suffix string) string {
	return fmt.Sprintf("%s%d/%d-%s", StatePrefix, epoch, batch, suffix)
}

// StagedName is the name of a file of a batch's rows on their way to a sink, in
// the form of StateName.
func StagedName(epoch, batch int64, suffix string) string {
	return fmt.Sprintf("%s%d/%d-%s", StagedPrefix, epoch, batch, suffix)
}

// SourcePrefix is the folder of what the source with a number, in the order of the
// offsets of a plan, keeps for itself.
func SourcePrefix(n int) string { return SourcesPrefix + strconv.Itoa(n) + "/" }

// Number reads the number of a record's name behind one of the prefixes; false
// where the name is no such record.
func Number(name, prefix string) (int64, bool) {
	text, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, false
	}
	return n, true
}

// Highest returns the greatest number of the names behind a prefix, -1 for none.
func Highest(names []string, prefix string) int64 {
	high := int64(-1)
	for _, name := range names {
		if n, ok := Number(name, prefix); ok {
			high = max(high, n)
		}
	}
	return high
}

// fileEpoch reads the epoch of a file's name, as StateName and StagedName make it.
func fileEpoch(name string) (int64, bool) {
	for _, prefix := range []string{StatePrefix, StagedPrefix} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			epoch, _, _ := strings.Cut(rest, "/")
			return Number(epoch, "")
		}
	}
	return 0, false
}
