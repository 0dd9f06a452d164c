package exec_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/exectest/broker"
)

// A function gets each row, or each batch as a dataframe of the session.
func TestForeach(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	var rows []string
	each := start(t, df.Filter("n > 1").WriteStream().Foreach(func(_ context.Context, row types.Row) error {
		rows = append(rows, row.String())
		return nil
	}))
	var batches []string
	whole := start(t, df.GroupBy(fn.Col("host")).Count().WriteStream().OutputMode(dataframe.Update).
		ForeachBatch(func(ctx context.Context, df *dataframe.DataFrame, id int64) error {
			top, err := df.OrderBy(fn.Col("host")).Collect(ctx)
			batches = append(batches, fmt.Sprint(id, top))
			return err
		}))
	for range 2 {
		in.Append(record(t, hits, []any{"a", 1}, []any{"b", 2}))
		settle(t, each)
		settle(t, whole)
	}
	want(t, "rows", rows, "[[b,2] [b,2]]")
	want(t, "batches", batches, "[0 [[a,1,1] [b,1,1]] 1 [[a,2,1] [b,2,1]]]")
}

// An error of the function ends the query, and so does a panic in it.
func TestForeachFails(t *testing.T) {
	b := open(t)
	in, df := b.stream("hits", hits)
	in.Append(record(t, hits, []any{"a", 1}))
	cause := errors.New("the database is gone")
	for want, f := range map[string]func(context.Context, *dataframe.DataFrame, int64) error{
		"the database is gone": func(context.Context, *dataframe.DataFrame, int64) error { return cause },
		"panicked: oh no":      func(context.Context, *dataframe.DataFrame, int64) error { panic("oh no") },
	} {
		q, err := df.WriteStream().ForeachBatch(f).Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := q.AwaitTermination(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	_, err := df.WriteStream().Format("console").Foreach(func(context.Context, types.Row) error { return nil }).Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "leave out one of the two") {
		t.Errorf("a function and a format: %v", err)
	}
	if _, err = df.WriteStream().Foreach(nil).Start(t.Context()); err == nil || !strings.Contains(err.Error(), "no function") {
		t.Errorf("no function: %v", err)
	}
	if _, err = df.WriteStream().Format("foreach").Start(t.Context()); err == nil || !strings.Contains(err.Error(), "use Foreach") {
		t.Errorf("the format alone: %v", err)
	}
}

// A batch query's result is written whole, and read again.
func TestSave(t *testing.T) {
	b := open(t)
	schema := types.NewSchema().Add("host", types.String).Add("n", types.Long)
	one := b.CreateDataFrame(schema, [][]any{{"a", 1}, {nil, 2}})
	two := b.CreateDataFrame(schema, [][]any{{"b,", nil}})
	for _, format := range []string{"json", "csv", "parquet", "ipc"} {
		dir := filepath.Join(t.TempDir(), "out")
		read := func() []string {
			if format == "csv" {
				return csvLines(t, dir)
			}
			return sorted(t, b.Read().Format(format).Schema("host STRING, n BIGINT").Load(dir))
		}
		save := func(df *dataframe.DataFrame, mode dataframe.SaveMode) error {
			return df.Write().Format(format).Mode(mode).Save(t.Context(), dir)
		}
		if err := save(one, dataframe.ErrorIfExists); err != nil {
			t.Fatal(err)
		}
		want(t, format, read(), "[[a,1] [null,2]]")
		if err := save(two, dataframe.ErrorIfExists); err == nil || !strings.Contains(err.Error(), "has a result in it already") {
			t.Errorf("%s: a second result: %v", format, err)
		}
		for _, step := range []struct {
			mode dataframe.SaveMode
			want string
		}{{dataframe.Ignore, "[[a,1] [null,2]]"}, {dataframe.AppendTo, "[[a,1] [b,,null] [null,2]]"}, {dataframe.Overwrite, "[[b,,null]]"}} {
			if err := save(two, step.mode); err != nil {
				t.Fatal(err)
			}
			want(t, format+" "+string(step.mode), read(), step.want)
		}
		if names, err := filepath.Glob(filepath.Join(dir, "part-*")); err != nil || len(names) != 1 {
			t.Errorf("%s: the files %v are left, %v", format, names, err)
		}
	}
}

// csvLines reads the lines of a folder as rows of the other formats look.
func csvLines(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "part-*"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			out = append(out, map[string]string{"a,1\n": "[a,1]", ",2\n": "[null,2]", "\"b,\",\n": "[b,,null]"}[line])
		}
	}
	slices.Sort(out)
	return out
}

// A batch query writes to a topic, at least once.
func TestSaveKafka(t *testing.T) {
	k, err := broker.Embedded(t.Context(), broker.Options{Topics: map[string]int{"out": 2}})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	b := open(t)
	df := b.CreateDataFrame(types.NewSchema().Add("key", types.String).Add("n", types.Long), [][]any{{"a", 1}, {"b", nil}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	err = df.Write().Format("kafka").Option("kafka.bootstrap.servers", k.Addr()).Option("topic", "out").Option("value.format", "json").Save(ctx)
	if err != nil {
		t.Fatal(err)
	}
	back := b.Read().Format("kafka").Option("kafka.bootstrap.servers", k.Addr()).Option("subscribe", "out").Load()
	want(t, "records", sorted(t, back.Select(fn.Col("key").Cast("string"), fn.Col("value").Cast("string"))), `[[a,{"n":1}] [b,{}]]`)
}

// A query from a topic to a topic, with its quarantine, is stopped and goes on
// where it was: each row is there once. Without a checkpoint it is refused.
func TestKafkaToKafka(t *testing.T) {
	k, err := broker.Embedded(t.Context(), broker.Options{Topics: map[string]int{"in": 2, "out": 2, "bad": 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	b := open(t)
	dir := t.TempDir()
	kafka := map[string]string{"kafka.bootstrap.servers": k.Addr()}
	write := func(checkpoint string) (*dataframe.StreamingQuery, error) {
		in := b.ReadStream().Format("kafka").Options(kafka).Option("subscribe", "in").Option("startingOffsets", "earliest").
			Option("value.format", "json").Schema("host STRING, n BIGINT").Load()
		counts := in.GroupBy(fn.Col("host")).Agg(fn.Sum(fn.Col("n")).Alias("s"))
		w := counts.WriteStream().Format("kafka").Options(kafka).Option("topic", "out").Option("value.format", "json").OutputMode(dataframe.Update).
			Quarantine("kafka", "", map[string]string{"kafka.bootstrap.servers": k.Addr(), "topic": "bad"})
		if checkpoint != "" {
			w = w.Checkpoint(checkpoint)
		}
		return w.Start(t.Context())
	}
	produce := func(values ...string) {
		exectest.ProduceValues(t, k.Addr(), "in", 1, values...)
	}
	if _, err := write(""); err == nil || !strings.Contains(err.Error(), "has no checkpoint") {
		t.Errorf("without a checkpoint: %v", err)
	}
	for i := range 2 {
		produce(fmt.Sprintf(`{"host":"a","n":%d}`, i+1), `{"host":`)
		q, err := write(dir)
		if err != nil {
			t.Fatal(err)
		}
		settle(t, q)
		if err := q.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	read := func(topic string) *dataframe.DataFrame {
		return b.Read().Format("kafka").Options(kafka).Option("subscribe", topic).Load()
	}
	want(t, "result", sorted(t, read("out").Select(fn.Col("key").Cast("string"), fn.Col("value").Cast("string"))),
		`[[{"host":"a"},{"host":"a","s":1}] [{"host":"a"},{"host":"a","s":3}]]`)
	bad := sorted(t, read("bad").Select(fn.Col("value").Cast("string")))
	if len(bad) != 2 || !strings.Contains(bad[0], `"record":"eyJob3N0Ijo="`) {
		t.Errorf("the quarantine holds %v", bad)
	}
}
