package stream

import (
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/store/memory"
)

// A snapshot that has become ready stands in for the files it was made of, and
// for no others: what was committed since stays, and where the manifest is
// another one by then, that of another run's commit, it is left alone.
func TestAdopt(t *testing.T) {
	made := checkpoint.Manifest{Snapshot: "s1", Deltas: []string{"d1", "d2"}}
	for _, c := range []struct {
		name string
		now  checkpoint.Manifest
		err  error
		want checkpoint.Manifest
	}{
		{name: "nothing since", now: made, want: checkpoint.Manifest{Snapshot: "s2", Deltas: []string{}}},
		{
			name: "a batch since",
			now:  checkpoint.Manifest{Snapshot: "s1", Deltas: []string{"d1", "d2", "d3"}},
			want: checkpoint.Manifest{Snapshot: "s2", Deltas: []string{"d3"}},
		},
		{
			name: "another run's changes",
			now:  checkpoint.Manifest{Snapshot: "s1", Deltas: []string{"d1", "e2", "e3"}},
			want: checkpoint.Manifest{Snapshot: "s1", Deltas: []string{"d1", "e2", "e3"}},
		},
		{
			name: "another run's snapshot",
			now:  checkpoint.Manifest{Snapshot: "t1", Deltas: []string{"d3"}},
			want: checkpoint.Manifest{Snapshot: "t1", Deltas: []string{"d3"}},
		},
		{name: "it failed", now: made, err: errors.New("no space left on device"), want: made},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newStateFiles(memory.New(), slog.New(slog.DiscardHandler), Resume{}, 2)
			f.manifest = c.now
			f.cancel, f.busy = func() {}, true
			f.made <- snapshot{name: "s2", of: made, err: c.err}
			f.adopt()
			if f.busy || f.manifest.Snapshot != c.want.Snapshot || !slices.Equal(f.manifest.Deltas, c.want.Deltas) {
				t.Errorf("busy %t, manifest %+v, want %+v", f.busy, f.manifest, c.want)
			}
		})
	}
}
