package exec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/broker"
)

// undeclared makes a query stage its rows: it was not declared deterministic.
var undeclared = fn.UDF1("test_undeclared", func(n int64) int64 { return n })

// outputs is a query from a topic to three: good rows, what could not be used, and
// what came too late.
type outputs struct {
	servers, dir string
	staged       bool
	sent         int
}

// send writes records of each kind, of which only every other time some are bad.
func (o *outputs) send(t *testing.T) {
	var values []string
	for range 12 {
		n, at := int64(1), fmt.Sprintf("2026-01-01T00:%02d:00Z", 10+o.sent/12)
		text := `{"id":%d,"n":%d,"ts":"%s"}`
		if o.sent/12%2 == 1 {
			switch o.sent % 4 {
			case 1:
				n = 0
			case 2:
				text = `{"id":%d,"n":%d,"ts":"%s"`
			case 3:
				at = "2026-01-01T00:00:00Z"
			}
		}
		values = append(values, fmt.Sprintf(text, o.sent, n, at))
		o.sent++
	}
	exectest.ProduceValues(t, o.servers, "in", o.sent%2, values...)
}

// life runs the query over all there is, unless it comes to a point before, where
// it ends without another step.
func (o *outputs) life(t *testing.T, point string) *dataframe.StreamingQuery {
	t.Helper()
	b := open(t, exec.CrashPoints(func(p string) {
		if p == point {
			panic("crash at " + p)
		}
	}))
	kafka := map[string]string{"kafka.bootstrap.servers": o.servers}
	in := b.ReadStream().Format("kafka").Options(kafka).Option("subscribe", "in").Option("startingOffsets", "earliest").
		Option("value.format", "json").Schema("id BIGINT, n BIGINT, ts TIMESTAMP").Load()
	id := fn.Col("id")
	if o.staged {
		id = undeclared(id).Alias("id")
	}
	rows := in.Select(id, fn.Lit(10).Div(fn.Col("n")).Alias("x"), fn.Col("ts")).WithWatermark("ts", "0 seconds").DropDuplicates("id", "ts")
	side := func(topic string) map[string]string {
		return map[string]string{"kafka.bootstrap.servers": o.servers, "topic": topic}
	}
	q, err := rows.WriteStream().Format("kafka").Options(kafka).Option("topic", "out").Option("value.format", "json").
		Quarantine("kafka", "", side("bad")).LateData("kafka", "", side("late")).
		Checkpoint(o.dir).Trigger(dataframe.AvailableNow()).Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = q.AwaitTermination(t.Context())
	if crashed := err != nil && strings.Contains(err.Error(), "crash at"); crashed != (point != "") || err != nil && !crashed {
		t.Fatalf("until %q: %v", point, err)
	}
	if point == "" {
		b.out.Reset()
		q.Explain(true)
		for _, role := range []string{"quarantine", "late"} {
			if line := role + " kafka: exactly-once (in the transactions of the sink: "; !strings.Contains(b.out.String(), line) {
				t.Errorf("%q is not in\n%s", line, b.out)
			}
		}
		if text := b.out.String(); strings.Contains(text, "rows are staged") != o.staged {
			t.Errorf("staged %t, and explain says\n%s", o.staged, text)
		}
	}
	return q
}

// A query whose result, quarantine and late rows are topics ends at any point of a
// batch, again and again: each record is in one of them once, and the batches'
// counts add up.
func TestKafkaOutputs(t *testing.T) {
	for _, staged := range []bool{false, true} {
		t.Run(fmt.Sprint("staged ", staged), func(t *testing.T) {
			t.Parallel()
			k, err := broker.Embedded(t.Context(), broker.Options{Topics: map[string]int{"in": 2, "out": 3, "bad": 2, "late": 1}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { k.Close() })
			o := &outputs{servers: k.Addr(), dir: t.TempDir(), staged: staged}
			points := []string{"B", "C", "H", "I", "", "C", "", "I", "B"}
			for _, point := range points {
				if point == "H" && staged {
					continue // its rows come after the commit
				}
				o.send(t)
				o.life(t, point)
			}
			for range 2 {
				o.send(t)
				q := o.life(t, "")
				for _, p := range q.RecentProgress() {
					if got := p.Sink.NumOutputRows + p.Bad.Quarantined + p.Bad.Dropped + p.Late.Rows; got != p.NumInputRows {
						t.Errorf("batch %d has read %d rows, and %d are accounted for: %+v", p.BatchID, p.NumInputRows, got, p)
					}
				}
			}
			o.verify(t)
		})
	}
}

// verify finds each record once, in one of the topics.
func (o *outputs) verify(t *testing.T) {
	t.Helper()
	b := open(t)
	seen := map[string]int{}
	for topic, value := range map[string]dataframe.Column{
		"out":  fn.Col("value").Cast("string"),
		"bad":  fn.Expr("CAST(unbase64(get_json_object(CAST(value AS STRING), '$.record')) AS STRING)"),
		"late": fn.Expr("get_json_object(CAST(value AS STRING), '$.row')"),
	} {
		rows := rowsOf(t, b.Read().Format("kafka").Option("kafka.bootstrap.servers", o.servers).Option("subscribe", topic).Load().
			Select(fn.RegexpExtract(value, `"id":(\d+)`, 1)))
		for _, id := range rows {
			seen[id]++
		}
		if len(rows) == 0 {
			t.Errorf("nothing is in %s", topic)
		}
	}
	for i := range o.sent {
		if n := seen[fmt.Sprintf("[%d]", i)]; n != 1 {
			t.Errorf("record %d is there %d times", i, n)
		}
	}
	if len(seen) != o.sent {
		t.Errorf("%d records, and %d ids", o.sent, len(seen))
	}
}
