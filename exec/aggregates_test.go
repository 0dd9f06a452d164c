package exec_test

import (
	"fmt"
	"strings"
	"testing"
)

// The constants of percentiles arrive as they were written, alone and in arrays.
func TestPercentilesOfSQL(t *testing.T) {
	b := open(t)
	for query, want := range map[string]string{
		"approx_percentile(x, array(0.5, 0.4, 0.1), 100)":                               "[[1 1 0]]",
		"percentile(x, array(0.25, 0.75)), percentile(x, 0.3), percentile(x, 1)":        "[[0.75 4] 0.8999999999999999 10]",
		"percentile(x, 0.5, 2L), median(x), topk(x, 2), topkdistinct(x, 9), bit_xor(x)": "[1.5 1.5 [10 2] [10 2 1 0] 9]",
	} {
		rows, err := b.SQL("SELECT " + query + " FROM VALUES (0), (1), (2), (10) AS t(x)").Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(rows[0].Values()); got != want {
			t.Errorf("%s is %s, not %s", query, got, want)
		}
	}
	_, err := b.SQL("SELECT percentile(x, 1.5) FROM VALUES (0) AS t(x)").Collect(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the share must be a constant from 0 to 1, or an array of such, but is 1.5") {
		t.Errorf("a share of 1.5 gave %v", err)
	}
}
