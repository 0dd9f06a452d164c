package exectest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/riffledata/riffle/exec/sink"
)

// Spec is what the latest run of the query has asked for.
func (c *Collect) Spec() sink.Spec {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spec
}

// Changes returns the rows of each batch, in the order of their ids.
func (c *Collect) Changes() [][]Collected {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out [][]Collected
	for _, id := range slices.Sorted(maps.Keys(c.batches)) {
		out = append(out, c.batches[id])
	}
	return out
}

// Relation applies all batches by the query's output mode, with rows and keys as
// text that the caller makes. It fails where a row is taken back that is not there,
// in a mode that takes none back, or where a key has two rows and unique is set; and
// where a batch has come twice with different rows.
func (c *Collect) Relation(unique bool, text func(Collected) (key, row string)) ([]string, error) {
	spec, log := c.Spec(), NewChangelog()
	upsert := spec.Mode == sink.Update && len(spec.Keys) > 0 && !spec.Changes
	for i, rows := range c.Changes() {
		if spec.Mode == sink.Complete {
			log = NewChangelog()
		}
		for _, r := range rows {
			if err := log.take(r, spec, upsert, text); err != nil {
				return nil, fmt.Errorf("batch %d: %w", i, err)
			}
		}
		if err := log.Check(unique); err != nil {
			return nil, fmt.Errorf("batch %d: %w", i, err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.broken) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(c.broken, "\n"))
	}
	return log.Rows(), nil
}

// take applies one change.
func (c *Changelog) take(r Collected, spec sink.Spec, upsert bool, text func(Collected) (string, string)) error {
	key, row := text(r)
	switch {
	case upsert && r.Change > 0:
		c.Upsert(specKey(r, spec), row)
	case upsert:
		return c.Delete(specKey(r, spec))
	case r.Change < 0 && !spec.Changes:
		return fmt.Errorf("the row %s is taken back in mode %s", row, spec.Mode)
	default:
		c.Add(key, row, int(r.Change))
	}
	return nil
}

// specKey is the text of the columns that the query takes for its result's key.
func specKey(r Collected, spec sink.Spec) string {
	var out strings.Builder
	for _, k := range spec.Keys {
		fmt.Fprintf(&out, "%v|", r.Row.At(k))
	}
	return out.String()
}
