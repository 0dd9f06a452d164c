package exectest

import (
	"fmt"
	"maps"
	"slices"
)

// Changelog is the relation that a sequence of changes leaves. A row is text that
// tells it from others; its key is text too: of its key columns, or of the whole
// row. Within a batch changes may come in any order, as tasks give them: what must
// hold is checked where the batch ends.
type Changelog struct {
	rows map[string]map[string]int // by key, then by row: how often it is there
}

// NewChangelog returns an empty relation.
func NewChangelog() *Changelog { return &Changelog{rows: map[string]map[string]int{}} }

// Add adds a row as often as change says, or takes it back where that is negative.
func (c *Changelog) Add(key, row string, change int) {
	if c.rows[key] == nil {
		c.rows[key] = map[string]int{}
	}
	if c.rows[key][row] += change; c.rows[key][row] == 0 {
		delete(c.rows[key], row)
	}
}

// Upsert makes a row the only one of its key.
func (c *Changelog) Upsert(key, row string) { c.rows[key] = map[string]int{row: 1} }

// Delete takes back the row of a key, which must be there.
func (c *Changelog) Delete(key string) error {
	if len(c.rows[key]) == 0 {
		return fmt.Errorf("the key %s is deleted and is not there", key)
	}
	delete(c.rows, key)
	return nil
}

// Check ends a batch: no row may have been taken back more often than it was
// added, and where keys are unique, none may have two rows.
func (c *Changelog) Check(unique bool) error {
	for _, key := range slices.Sorted(maps.Keys(c.rows)) {
		all := 0
		for _, row := range slices.Sorted(maps.Keys(c.rows[key])) {
			n := c.rows[key][row]
			if n < 0 {
				return fmt.Errorf("the row %s was taken back %d times more than it was there", row, -n)
			}
			all += n
		}
		if unique && all > 1 {
			return fmt.Errorf("the key %s has %d rows: %v", key, all, slices.Sorted(maps.Keys(c.rows[key])))
		}
	}
	return nil
}

// Rows returns the rows that are left, sorted.
func (c *Changelog) Rows() []string {
	var out []string
	for _, rows := range c.rows {
		for row, n := range rows {
			for range n {
				out = append(out, row)
			}
		}
	}
	slices.Sort(out)
	return out
}
