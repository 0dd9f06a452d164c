package exec_test

import (
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe/fn"
)

// Sessions of another time than the watermark's never close, whatever else they are
// grouped by.
func TestAppendOfOtherSessions(t *testing.T) {
	b := open(t)
	_, in := b.stream("hits", "at TIMESTAMP, seen TIMESTAMP")
	hits := in.WithWatermark("at", "4 seconds")
	q, err := hits.GroupBy(fn.SessionWindow(fn.Col("seen"), "2 seconds"), fn.Col("at")).Count().WriteStream().Format("memory").QueryName("sessions").Start(t.Context())
	if err == nil {
		_ = q.Stop()
	}
	if err == nil || !strings.Contains(err.Error(), "its sessions are not of event time") || !strings.Contains(err.Error(), "make sessions of at") {
		t.Error(err)
	}
}
