package exec_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/store/dir"
)

// A key is followed from the source through the state to the result, through a
// processor of the program's own.
func TestReplayTrace(t *testing.T) {
	streams, out, place := memory.NewStreams(), exectest.NewCollect(), t.TempDir()
	in := streams.Add("hits", schemaOf(t, hits))
	b := again(t, streams, out)
	defer func() { must(t, b.Close()) }()
	q, err := resumed["processor"].query(b.ReadStream().Format("memory").Option("name", "hits").Load()).WriteStream().Format("collect").Checkpoint(place).Start(t.Context())
	must(t, err)
	for i := range 2 {
		in.Append(record(t, hits, []any{"a", i}, []any{"b", 7}))
		settle(t, q)
	}
	must(t, q.Stop())
	files, err := dir.Open(place)
	must(t, err)
	defer files.Close()
	var text strings.Builder
	must(t, exec.Replay{Batch: 1, Trace: json.RawMessage(`{"host":"b"}`), Out: &text}.Run(t.Context(), files, exec.Streams(streams), exec.Cores(1)))
	_, got, _ := strings.Cut(text.String(), "rows of source 1")
	_, got, _ = strings.Cut(got, "\n")
	want(t, "trace", got, `  +1 {"host":"b","n":7}
result with {"host":"b"}:
  +1 {"host":"b","nth":2,"last":[7,7],"often":2}
state with {"host":"b"}:
  process-0, count {"host":"b"}: {"value":1}, then {"value":2}
  process-0, all {"host":"b","index":1}: nothing, then {"value":7}
  process-0, often {"host":"b","entry":7}: {"value":1}, then {"value":2}
2 rows, as when it was committed, and the same state
`)
	if err := (exec.Replay{Batch: 1, Trace: json.RawMessage(`b`), Out: &text}).Run(t.Context(), files); err == nil || !strings.Contains(err.Error(), "no JSON object of columns") {
		t.Errorf("a key that is none: %v", err)
	}
}
