package exec_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/broker"
)

// rig is what the cases of wrong use begin with.
type rig struct {
	*bench
	flows  *dataframe.DataFrame // a batch
	stream *dataframe.DataFrame // the same columns, streaming
	dir    string
	dead   string // an address at which no broker listens
	broker string
}

const flowsDDL = "ts TIMESTAMP, `id.orig_h` STRING, bytes BIGINT, conn STRUCT<`id.resp_h`: STRING, port: INT>, tags ARRAY<STRING>, notes MAP<STRING, STRING>"

func newRig(t *testing.T) *rig {
	r := &rig{bench: open(t), dir: t.TempDir()}
	r.flows = r.frame(flowsDDL, []any{time.UnixMicro(0), "10.0.0.1", 5, nil, nil, nil})
	_, r.stream = r.bench.stream("flows", flowsDDL)
	must(t, r.flows.CreateOrReplaceTempView("flows"))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	r.dead = l.Addr().String()
	must(t, l.Close())
	must(t, os.WriteFile(filepath.Join(r.dir, "a.json"), []byte("{}\n"), 0o644))
	b, err := broker.Embedded(t.Context(), broker.Options{Topics: map[string]int{"dns": 1, "dns_flat": 1}})
	must(t, err)
	t.Cleanup(func() { b.Close() })
	r.broker = b.Addr()
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// collected is the error of computing a dataframe.
func collected(d *dataframe.DataFrame) error {
	_, err := d.Collect(context.Background())
	return err
}

func started(w *dataframe.StreamWriter) error {
	q, err := w.Start(context.Background())
	if err != nil {
		return err
	}
	defer q.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	return q.ProcessAllAvailable(ctx)
}

func (r *rig) memory(d *dataframe.DataFrame, mode plan.OutputMode) *dataframe.StreamWriter {
	return d.WriteStream().Format("memory").QueryName("wrong").OutputMode(mode)
}

// TestWrongUse runs each case of testdata/errors: its answer is the message that
// a user reads. Places in this file are checked, and shown as HERE.
func TestWrongUse(t *testing.T) {
	exectest.Golden(t, "testdata/errors", func(t *testing.T) map[string]exectest.Command {
		r := newRig(t)
		cases := wrongUses(r)
		return map[string]exectest.Command{
			"api": func(t *testing.T, d *datadriven.TestData) (string, error) {
				name := d.CmdArgs[0].Key
				run, ok := cases[name]
				if !ok {
					return "", fmt.Errorf("no case %s", name)
				}
				return r.tidy(t, name, run), nil
			},
			"sql": func(t *testing.T, d *datadriven.TestData) (string, error) {
				return r.said(t, collected(r.SQL(d.Input))), nil
			},
		}
	})
}

// tidy runs a case and returns what it says, with what changes from run to run
// replaced.
func (r *rig) tidy(t *testing.T, name string, run func() error) string {
	t.Helper()
	begin := time.Now()
	err := run()
	if took := time.Since(begin); took > 12*time.Second {
		t.Errorf("%s took %v", name, took)
	}
	file, first := runtime.FuncForPC(reflect.ValueOf(run).Pointer()).FileLine(reflect.ValueOf(run).Pointer())
	text := r.said(t, err)
	return place.ReplaceAllStringFunc(text, func(at string) string {
		line, _ := strconv.Atoi(place.FindStringSubmatch(at)[1])
		if filepath.Base(file) != "wronguse_test.go" || line < first || line > first+3 {
			t.Errorf("%s: the message names %s, the call is at %d", name, at, first)
		}
		return "HERE"
	})
}

var (
	place   = regexp.MustCompile(`wronguse_test\.go:(\d+)`)
	dialing = regexp.MustCompile(`unable to dial: [^;]*;`) // the reason depends on the machine's load
	here    = regexp.MustCompile(`(errors|main)_test\.go:\d+`)
)

func (r *rig) said(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return "no error"
	}
	text := here.ReplaceAllString(err.Error(), "HERE")
	for _, secret := range [][2]string{{r.dir, "DIR"}, {r.dead, "DEAD"}, {r.broker, "BROKER"}} {
		text = strings.ReplaceAll(text, secret[0], secret[1])
	}
	text = dialing.ReplaceAllString(text, "unable to dial: REASON;")
	if strings.Contains(text, "internal") || strings.Contains(text, "goroutine") {
		t.Errorf("a mistake of the user's is reported as ours: %s", text)
	}
	return text
}
