package exectest_test

import (
	"strings"
	"testing"

	"github.com/riffledata/riffle/exec/exectest"
)

func TestChangelog(t *testing.T) {
	c := exectest.NewChangelog()
	c.Add("k", "k=1", -1) // of one batch, in any order
	c.Add("k", "k=2", 1)
	c.Add("k", "k=1", 1)
	c.Add("l", "l=1", 2)
	if err := c.Check(false); err != nil {
		t.Error(err)
	}
	if err := c.Check(true); err == nil || !strings.Contains(err.Error(), "the key l has 2 rows") {
		t.Error(err)
	}
	c.Upsert("l", "l=9")
	if err := c.Delete("k"); err != nil {
		t.Error(err)
	}
	if got := strings.Join(c.Rows(), " "); got != "l=9" {
		t.Error(got)
	}
	if err := c.Delete("k"); err == nil || !strings.Contains(err.Error(), "is not there") {
		t.Error(err)
	}
	c.Add("m", "m=1", -1)
	if err := c.Check(false); err == nil || !strings.Contains(err.Error(), "m=1 was taken back 1 times") {
		t.Error(err)
	}
}
