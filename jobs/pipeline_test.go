package jobs

import (
	"bytes"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/exectest/broker"
	stores "github.com/riffledata/riffle/exec/store/open"
)

// hits is a pipeline that adds to each hit the owner of its host.
func hits() *Pipeline {
	var least int
	numbers := func(rows int) iter.Seq2[[]byte, []byte] {
		return func(yield func([]byte, []byte) bool) {
			for i := range rows {
				if !yield(nil, fmt.Appendf(nil, `{"host":"h%d","n":%d}`, i%3, i)) {
					return
				}
			}
		}
	}
	owners := func(int) iter.Seq2[[]byte, []byte] {
		return func(yield func([]byte, []byte) bool) {
			_ = yield([]byte("h0"), []byte(`{"owner":"ann"}`)) && yield([]byte("h1"), []byte(`{"owner":"bob"}`)) &&
				yield([]byte("h1"), nil)
		}
	}
	return &Pipeline{
		Table: "owned",
		About: "hits adds owners",
		Inputs: []Input{
			{Name: "hits", What: "hits", Schema: types.NewSchema().Add("host", types.String).Add("n", types.Int), MadeUp: numbers},
			{Name: "owners", What: "owners", Schema: types.NewSchema().Add("owner", types.String), Key: "id", MadeUp: owners},
		},
		Flags: func(f *Flags) { f.Int(&least, "least", 0, "the least number") },
		Query: func(in Records) (*dataframe.DataFrame, error) {
			if least < 0 {
				return nil, fmt.Errorf("--least %d: write at least 0", least)
			}
			return in["hits"].Filter(fn.Col("n").Ge(least)).
				Join(in["owners"].AsTable("id"), fn.Col("host").Eq(fn.Col("id")), dataframe.Left).
				Select(fn.Col("n"), fn.Col("host"), fn.Col("owner")), nil
		},
		Order: func() string { return "n" },
	}
}

func callHits(args ...string) (code int, out, said string) {
	var o, e bytes.Buffer
	code = hits().Call("/bin/hits", args, nil, &o, &e)
	return code, o.String(), e.String()
}

// Made-up events come while the job watches, tables before all else; a record
// without a value has deleted its key.
func TestPipelineMadeUp(t *testing.T) {
	for _, args := range [][]string{{}, {"--available-now"}} {
		code, out, said := callHits(append(args, "--events", "5", "--format", "csv", "--quiet")...)
		const want = "n,host,owner\n0,h0,ann\n1,h1,\n2,h2,\n3,h0,ann\n4,h1,\n"
		if code != ExitDone || out != want || !strings.Contains(said, "; 5 rows in owned") {
			t.Errorf("%v: code %d\n%s%s", args, code, out, said)
		}
	}
	code, out, _ := callHits("--events", "30", "--available-now", "--least", "29", "--quiet")
	if code != ExitDone || !strings.Contains(out, " |-- owner: string") || !strings.Contains(out, "|29 |h2  |NULL |") {
		t.Errorf("code %d\n%s", code, out)
	}
}

// Files are loaded into a broker with their keys, or read as they are.
func TestPipelineFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"hits.json":   `{"host":"h0","n":1}` + "\n" + `{"host":"h1","n":2}` + "\nno json\n",
		"owners.json": `h1:{"owner":"bob"}` + "\n" + `h0:{"owner":"ann"}` + "\nh0:\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, out, said := callHits("--hits", dir+"/hits.json", "--owners", dir+"/owners.json", "--via-kafka", "--available-now", "--format", "json", "--quiet")
	const want = `{"n":1,"host":"h0","owner":null}` + "\n" + `{"n":2,"host":"h1","owner":"bob"}` + "\n"
	if code != ExitDone || out != want || !strings.Contains(said, "bad records: 1,") {
		t.Errorf("code %d\n%s%s", code, out, said)
	}
	code, out, said = callHits("--hits", dir+"/hits.json", "--owners", dir+"/hits.json", "--available-now", "--format", "csv", "--quiet")
	if code != ExitDone || out != "n,host,owner\n1,h0,\n2,h1,\n" {
		t.Errorf("code %d\n%s%s", code, out, said)
	}
}

// What cannot be is refused before anything is started.
func TestPipelineMistakes(t *testing.T) {
	for want, args := range map[string][]string{
		"hits: --hits nowhere: no such file or folder":                         {"--hits", "nowhere"},
		"files for some inputs alone; name files for each of --hits, --owners": {"--hits", "*.json"},
		"name them with --hits, --owners":                                      {"--via-kafka"},
		"files and --brokers name two sources":                                 {"--hits", "*", "--owners", "*", "--brokers", "localhost:1"},
		"name them with --brokers":                                             {"--kafka-option", "kafka.client.id=x"},
		"write kafka.KEY=VALUE":                                                {"--kafka-option", "client.id=x", "--brokers", "localhost:1"},
		"--max-offsets is for topics":                                          {"--hits", "*", "--owners", "*", "--max-offsets", "1"},
		"--max-offsets must be at least 1":                                     {"--max-offsets", "-1"},
		"--events must be at least 1":                                          {"--events", "0"},
		"--least -1: write at least 0":                                         {"--least", "-1"},
		"unknown flag: --hit; did you mean --hits?":                            {"--hit", "x"},
		"no answer from kafka at 127.0.0.1:1":                                  {"--brokers", "127.0.0.1:1", "--kafka-option", "kafka.socket.connection.setup.timeout.ms=200"},
	} {
		if code, out, said := callHits(append(args, "--quiet", "--format", "csv")...); code == ExitDone || out != "" || !strings.Contains(said, want) {
			t.Errorf("%v: code %d, %s%s, want %q", args, code, out, said, want)
		}
	}
	if code, out, _ := callHits("--help"); code != ExitDone || !strings.HasPrefix(out, "hits adds owners\n") || !strings.Contains(out, "--owners-topic") {
		t.Errorf("--help: code %d\n%s", code, out)
	}
}

// A pipeline on an embedded broker goes on from its checkpoint: the topics are kept
// beside it, and events that an earlier run has sent are not sent again. It makes as
// many as it is told, so that a run that is told more goes on behind the others.
func TestEmbeddedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "c")
	run := func(rows int) string {
		code, out, said := callHits("--checkpoint", dir, "--available-now", "--events", fmt.Sprint(rows), "--format", "json")
		if code != 0 {
			t.Fatalf("exit %d: %s", code, said)
		}
		var got []string
		for line := range strings.Lines(out) {
			got = append(got, strings.TrimSpace(line))
		}
		return strings.Join(got, " ")
	}
	for i, c := range []struct {
		rows int
		want string
	}{
		{2, `{"n":0,"host":"h0","owner":"ann"} {"n":1,"host":"h1","owner":null}`},
		{2, ""},
		{4, `{"n":2,"host":"h2","owner":null} {"n":3,"host":"h0","owner":"ann"}`},
	} {
		if got := run(c.rows); got != c.want {
			t.Errorf("run %d gives %s, want %s", i, got, c.want)
		}
	}
	var text strings.Builder
	files, err := stores.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	if err := ReplayBatch(t.Context(), files, dir, exec.Replay{Out: &text}); err != nil || !strings.Contains(text.String(), "as when it was committed, and the same state") {
		t.Errorf("the first batch again: %v\n%s", err, text.String())
	}
	b, err := broker.Embedded(t.Context(), broker.Options{Dir: dir + ".kafka"})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if code, _, said := callHits("--checkpoint", dir, "--available-now"); code == 0 || !strings.Contains(said, "wait for the job that runs with this checkpoint") {
		t.Errorf("exit %d of a job beside another: %s", code, said)
	}
	if err := ReplayBatch(t.Context(), files, dir, exec.Replay{Out: &text}); err == nil || !strings.Contains(err.Error(), "no answer from kafka") {
		t.Errorf("a batch while the topics are in use by another broker: %v", err)
	}
}
