package open

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestOpen(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "c")
	for location, want := range map[string]string{
		folder:                          folder,
		"file://" + folder:              folder,
		"s3://b/p?endpoint=http://h:1":  "s3://b/p at http://h:1",
		"s3a://b/p?endpoint=http://h:1": "s3://b/p at http://h:1",
		"kafka://h:1/t":                 "kafka://h:1/t",
		"":                              "no location for the checkpoint; name a folder",
		"file://c":                      "no such kind of checkpoint",
		"hdfs://h/p":                    "no such kind of checkpoint; name a folder",
		"s3://":                         "write s3://bucket/prefix",
		"kafka://h":                     "write kafka://",
	} {
		s, err := Open(location)
		var got string
		if err != nil {
			got = err.Error()
		} else {
			got = s.String()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if got != want && (err == nil || !strings.Contains(got, want)) {
			t.Errorf("%q: %s, want %s", location, got, want)
		}
	}
}
