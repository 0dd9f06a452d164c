package kafka

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// The vectors of Kafka's own test of its hash.
func TestMurmur2(t *testing.T) {
	for text, want := range map[string]int32{"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, "abc": 479470107} {
		if got := int32(murmur2([]byte(text))); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// shape prints what becomes of rows: key, value, headers, and topic or partition
// where they are given.
func shape(t *testing.T, spec sink.Spec, b batch.Batch) (string, error) {
	t.Helper()
	conf, err := parseSink(spec)
	if err != nil {
		return "", err
	}
	e, err := conf.columns.encoder(b, conf.topic, nil)
	if err != nil {
		return "", err
	}
	text := func(v []byte, null bool) string {
		if null {
			return "null"
		}
		return string(v)
	}
	var out []string
	for i := range b.NumRows() {
		var r outRow
		if err := e.row(i, &r); err != nil {
			return "", err
		}
		line := text(r.key, r.nokey) + " => " + text(r.value, r.gone)
		headers, err := readHeaders(nil, r.headers)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range headers {
			line += " " + h.Key + "=" + text(h.Value, h.Value == nil)
		}
		out = append(out, fmt.Sprintf("%s (%s %d)", line, r.topic, r.partition))
	}
	return strings.Join(out, "; "), nil
}

// Columns become records, or are refused with what to do.
func TestSinkColumns(t *testing.T) {
	header := types.Array{ContainsNull: true, Elem: types.Struct{Fields: []types.Field{{Name: "key", Type: types.String, Nullable: true}, {Name: "value", Type: types.Binary, Nullable: true}}}}
	count := types.NewSchema().Add("host", types.String).Add("n", types.Long)
	counted := [][]any{{"a", int64(1)}, {nil, nil}}
	for _, c := range []struct {
		what    string
		schema  *types.Schema
		rows    [][]any
		changes []int8
		change  func(*sink.Spec)
		options []string
		want    string
	}{
		{"value alone", types.NewSchema().Add("value", types.String), [][]any{{"x"}, {nil}, {""}}, nil, nil, nil, "null => x (out -1); null => null (out -1); null =>  (out -1)"},
		{"all columns", types.NewSchema().Add("topic", types.String).Add("KEY", types.Binary).Add("value", types.Binary).Add("partition", types.Int).Add("headers", header),
			[][]any{{"t", []byte{}, []byte("x"), int32(3), []any{pair("h", []byte("1")), pair("g", nil)}}}, nil, nil, []string{"topic="}, " => x h=1 g=null (t 3)"},
		{"the option topic wins", types.NewSchema().Add("topic", types.String).Add("value", types.String), [][]any{{"t", "x"}}, nil, nil, nil, "null => x (out -1)"},
		{"no topic", types.NewSchema().Add("topic", types.String).Add("value", types.String), [][]any{{nil, "x"}}, nil, nil, []string{"topic="}, "the column topic is null"},
		{"no topic at all", types.NewSchema().Add("value", types.String), nil, nil, nil, []string{"topic="}, "option topic: is needed"},
		{"partition below 0", types.NewSchema().Add("partition", types.Int).Add("value", types.String), [][]any{{int32(-1), "x"}}, nil, nil, nil, "partition -1"},
		{"no value", count, counted, nil, nil, nil, "needs a column value in (host, n); set the option value.format"},
		{"another column", types.NewSchema().Add("value", types.String).Add("n", types.Long), nil, nil, nil, nil, "and not n"},
		{"a value of numbers", types.NewSchema().Add("value", types.Long), nil, nil, nil, nil, "a column value of type string or binary, and not of bigint"},
		{"json", count, counted, nil, nil, []string{"value.format=json"}, `null => {"host":"a","n":1} (out -1); null => {} (out -1)`},
		{"json with nulls", count, counted, nil, nil, []string{"value.format=json", "ignoreNullFields=false"}, `null => {"host":"a","n":1} (out -1); null => {"host":null,"n":null} (out -1)`},
		{"csv", count, counted, nil, nil, []string{"value.format=csv", "sep=;", "nullValue=-"}, `null => a;1 (out -1); null => -;- (out -1)`},
		{"key beside json", count.Add("key", types.String), [][]any{{"a", int64(1), "k"}}, nil, nil, []string{"value.format=json"}, `k => {"host":"a","n":1} (out -1)`},
		{"all in json", count.Add("key", types.String), [][]any{{"a", int64(1), "k"}}, nil, nil, []string{"value.format=json", "value.columns=all"}, `null => {"host":"a","n":1,"key":"k"} (out -1)`},
		{"key of columns", count, counted, nil, nil, []string{"value.format=json", "key.format=json", "key.columns=n, host"}, `{"n":1,"host":"a"} => {"host":"a","n":1} (out -1); {"n":null,"host":null} => {} (out -1)`},
		{"key of no columns", count, nil, nil, nil, []string{"value.format=json", "key.format=json"}, "name some in key.columns"},
		{"key of unknown columns", count, nil, nil, nil, []string{"value.format=json", "key.format=json", "key.columns=hots"}, `did you mean host?`},
		{"update", count, counted, []int8{1, -1}, func(s *sink.Spec) { s.Mode, s.Keys = sink.Update, []int{0} }, []string{"value.format=json"}, `{"host":"a"} => {"host":"a","n":1} (out -1); {"host":null} => null (out -1)`},
		{"update with key", types.NewSchema().Add("key", types.String).Add("value", types.String), [][]any{{"a", "1"}, {"b", "2"}}, []int8{-1, 1},
			func(s *sink.Spec) { s.Mode, s.Keys = sink.Update, []int{0} }, nil, `a => null (out -1); b => 2 (out -1)`},
		{"update without key", types.NewSchema().Add("value", types.String), nil, nil, func(s *sink.Spec) { s.Mode, s.Keys = sink.Update, []int{0} }, nil, "add a column key"},
		{"changes", count, counted, []int8{-1, 1}, func(s *sink.Spec) { s.Mode, s.Changes = sink.Update, true }, []string{"value.format=json"}, `null => {"host":"a","n":1,"_change":-1} (out -1); null => {"_change":1} (out -1)`},
		{"changes as csv", count, counted, []int8{-1, 1}, func(s *sink.Spec) { s.Mode, s.Changes = sink.Update, true }, []string{"value.format=csv"}, `null => a,1,-1 (out -1); null => ,,1 (out -1)`},
		{"changes of values", types.NewSchema().Add("value", types.String), nil, nil, func(s *sink.Spec) { s.Mode, s.Changes = sink.Update, true }, nil, "which a column value does not show"},
		{"a change nobody expects", count, counted, []int8{-1, 1}, nil, []string{"value.format=json"}, "a row is taken back"},
		{"quarantine", plan.QuarantineSchema, [][]any{{"kafka", "in", int32(1), int64(2), "bad", []byte("\xff{"), int64(7)}}, nil, func(s *sink.Spec) { s.Role, s.Mode = "quarantine", sink.Append }, nil,
			`null => {"source":"kafka","topic":"in","partition":1,"offset":2,"error":"bad","record":"/3s=","batch":7} (out -1)`},
		{"a format that is none", count, nil, nil, nil, []string{"value.format=jsn"}, "did you mean json?"},
		{"an option without use", count, nil, nil, nil, []string{"value.format=json", "sep=;"}, "option sep: has no use with value.format json"},
		{"an option of formats", types.NewSchema().Add("value", types.String), nil, nil, nil, []string{"sep=;"}, "option sep: has no use without value.format"},
		{"acks", types.NewSchema().Add("value", types.String), nil, nil, nil, []string{"kafka.acks=1"}, "the sink always writes with all"},
		{"misspelt", types.NewSchema().Add("value", types.String), nil, nil, nil, []string{"kafka.client.idd=1"}, "the kafka sink has no such option; did you mean kafka.client.id?"},
		{"codec", types.NewSchema().Add("value", types.String), nil, nil, nil, []string{"kafka.compression.type=zst"}, "did you mean zstd?"},
		{"shards without use", types.NewSchema().Add("value", types.String), nil, nil, nil, []string{"delivery=at-least-once", "shards=3"}, "has no use with delivery=at-least-once"},
	} {
		spec := sinkSpec(t, "h:1", c.schema, append([]string{"topic=out"}, c.options...)...)
		if c.change != nil {
			c.change(&spec)
		}
		b := record(t, c.schema, c.rows...)
		b.Changes = c.changes
		got, err := shape(t, spec, b)
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s:\n got %s\nwant %s", c.what, got, c.want)
		}
	}
}

// Rows that wait in a file come back as they were, in their order.
func TestRowSetSpills(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set rowSet
		w := &sinkWriter{conf: &sinkConf0, sets: []*rowSet{&set}}
		var want []string
		for range rapid.IntRange(0, 40).Draw(t, "rows") {
			r := outRow{topic: rapid.SampledFrom([]string{"a", "bb"}).Draw(t, "topic"), key: rapid.SliceOf(rapid.Byte()).Draw(t, "key"), nokey: rapid.Bool().Draw(t, "nokey"),
				value: rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "value"), gone: rapid.Bool().Draw(t, "gone")}
			if rapid.Bool().Draw(t, "header") {
				r.headers = appendHeader(nil, "h", []byte("v"))
			}
			p := rapid.Int32Range(0, 9).Draw(t, "partition")
			row := appendRow(nil, &r)
			set.add(p, row, 0)
			w.held += int64(len(row))
			want = append(want, fmt.Sprintf("%s-%d %t%x %t%x %d", r.topic, p, r.nokey, nullable(r.key, r.nokey), r.gone, nullable(r.value, r.gone), len(r.headers)))
			if rapid.Bool().Draw(t, "spill") {
				if err := w.spill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		var got []string
		if err := set.each(func(r *kgo.Record) error {
			var headers []byte
			for _, h := range r.Headers {
				headers = appendHeader(headers, h.Key, h.Value)
			}
			got = append(got, fmt.Sprintf("%s-%d %t%x %t%x %d", r.Topic, r.Partition, r.Key == nil, r.Key, r.Value == nil, r.Value, len(headers)))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		if err := w.Abort(); err != nil {
			t.Fatal(err)
		}
	})
}

// sinkConf0 spills all.
var sinkConf0 = sinkConfig{buffer: -1}

// Any bytes are a progress record or an error; one that was written is read as
// it was.
func FuzzProgress(f *testing.F) {
	f.Add((&progress{Format: 1, Batch: 7, Epoch: 2, Rows: 3, Bytes: 9, Hash: 1<<64 - 1, Shards: 5, Layout: &layout{Shards: 3, Topics: map[string]int32{"out": 3}}}).encode())
	f.Add([]byte(`{"format":1,"batch":-2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := parseProgress(text)
		if err != nil {
			return
		}
		again, err := parseProgress(p.encode())
		if err != nil || !bytes.Equal(again.encode(), p.encode()) {
			t.Errorf("%q is read as %+v, %v", text, again, err)
		}
	})
}

// Any bytes are rows or an error.
func FuzzReadRow(f *testing.F) {
	f.Add(append([]byte{1, 0, 0, 0}, appendRow(nil, &outRow{topic: "t", key: []byte("k"), value: []byte("v"), headers: appendHeader(nil, "h", nil)})...))
	f.Fuzz(func(_ *testing.T, b []byte) {
		var r kgo.Record
		_, _ = readRow(b, &r)
	})
}

// Rows without a key are spread by what they are, whatever their order and
// however they are cut into batches; topics are named by the rows.
func TestExactSinkManyTopics(t *testing.T) {
	c := broker(t, kfake.SeedTopics(3, "a", "b"))
	schema := types.NewSchema().Add("topic", types.String).Add("value", types.String)
	var rows [][]any
	for i := range 60 {
		rows = append(rows, []any{[]string{"a", "b"}[i%2], fmt.Sprint("row ", i)})
	}
	spec := sinkSpec(t, bootstrap(c), schema, "shards=2", "buffer.bytes=65536")
	s := openSink(t, spec)
	if err := writeBatch(ctxOf(t), s, 0, record(t, schema, rows...)); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(rows)
	spec.Epoch = 2
	again := openSink(t, spec)
	if err := writeBatch(ctxOf(t), again, 0, exectest.Cut(record(t, schema, rows...), 7, 1)...); err != nil {
		t.Errorf("the same rows in another order: %v", err)
	}
	seen := map[int32]bool{}
	total := 0
	for _, topic := range []string{"a", "b"} {
		for _, r := range committed(t, bootstrap(c), topic) {
			seen[r.Partition] = true
			total++
		}
	}
	if total != 60 || len(seen) != 3 {
		t.Errorf("%d rows in the partitions %v", total, seen)
	}
	if got := again.counts(); got["a"] != 3 || got["b"] != 3 {
		t.Errorf("a later run knows the topics %v", got)
	}
	changed := append(slices.Clone(rows[:59]), []any{"a", "another"})
	if err := writeBatch(ctxOf(t), again, 0, record(t, schema, changed...)); !errors.Is(err, errChanged) {
		t.Errorf("a batch that has changed: %v", err)
	}
	if err := writeBatch(ctxOf(t), again, 1, record(t, schema, []any{"none", "x"})); !errors.Is(err, errMissing) {
		t.Errorf("a topic that is not there: %v", err)
	}
}

// A topic that grows gets its rows where a batch that runs again looks for them.
func TestExactSinkTopicGrows(t *testing.T) {
	c := broker(t, kfake.SeedTopics(2, "out"))
	spec := sinkSpec(t, bootstrap(c), keyValue, "topic=out")
	if err := writeBatch(ctxOf(t), openSink(t, spec), 0, tenRows(t, 0)); err != nil {
		t.Fatal(err)
	}
	req := kmsg.NewPtrCreatePartitionsRequest()
	more := kmsg.NewCreatePartitionsRequestTopic()
	more.Topic, more.Count = "out", 5
	req.Topics = append(req.Topics, more)
	if _, err := req.RequestWith(ctxOf(t), newTestClient(t, bootstrap(c))); err != nil {
		t.Fatal(err)
	}
	spec.Epoch = 2
	s := openSink(t, spec)
	for _, id := range []int64{0, 1} {
		if err := writeBatch(ctxOf(t), s, id, tenRows(t, id)); err != nil {
			t.Fatal(err)
		}
	}
	got := committed(t, bootstrap(c), "out")
	equal(t, values(got), batchesOf(0, 1))
	for _, r := range got {
		if r.Partition > 1 {
			t.Errorf("%s is in partition %d", r.Value, r.Partition)
		}
	}
}

// What stands in the way of exactly-once is told at the start.
func TestExactSinkRefuses(t *testing.T) {
	c := broker(t, kfake.SeedTopics(2, "out"))
	for _, test := range []struct {
		want   string
		change func(*sink.Spec)
		kv     []string
	}{
		{"only in a query with a checkpoint", func(s *sink.Spec) { s.QueryID = "" }, nil},
		{"is gone, which tells what of batch 4 is written", func(s *sink.Spec) { s.Committed = 3 }, nil},
		{"did you mean out?", nil, []string{"topic=outt"}},
		{"", func(s *sink.Spec) { s.Committed = 3 }, []string{"progress.missing=accept"}},
		{"began with 2 shards, which cannot be changed to 3", nil, []string{"shards=3"}},
	} {
		spec := sinkSpec(t, bootstrap(c), keyValue, append([]string{"topic=out"}, test.kv...)...)
		if test.change != nil {
			test.change(&spec)
		}
		s, err := NewSinkProvider().Open(ctxOf(t), spec)
		if err == nil {
			s.Close()
		}
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("want %q, got %v", test.want, err)
		}
	}
	req := kmsg.NewPtrUpdateFeaturesRequest()
	down := kmsg.NewUpdateFeaturesRequestFeatureUpdate()
	down.Feature, down.MaxVersionLevel, down.UpgradeType, down.AllowDowngrade = "transaction.version", 1, 2, true
	req.FeatureUpdates = append(req.FeatureUpdates, down)
	if _, err := req.RequestWith(ctxOf(t), newTestClient(t, bootstrap(c))); err != nil {
		t.Fatal(err)
	}
	if _, err := NewSinkProvider().Open(ctxOf(t), sinkSpec(t, bootstrap(c), keyValue, "topic=out")); err == nil || !strings.Contains(err.Error(), "KAFKA-17754") {
		t.Errorf("old transactions: %v", err)
	}
	s := openSink(t, sinkSpec(t, bootstrap(c), keyValue, "topic=out", "allow.tv1=true"))
	if err := writeBatch(ctxOf(t), s, 0, tenRows(t, 0)); err != nil {
		t.Error(err)
	}
	equal(t, values(committed(t, bootstrap(c), "out")), batchesOf(0))
}

// At least once, a batch that comes again is there again.
func TestPlainSink(t *testing.T) {
	c := broker(t, kfake.SeedTopics(2, "out"))
	s, err := NewSinkProvider().Open(ctxOf(t), sinkSpec(t, bootstrap(c), keyValue, "topic=out", "delivery=at-least-once"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 2 {
		if err := writeBatch(ctxOf(t), s, 0, tenRows(t, 0)); err != nil {
			t.Fatal(err)
		}
	}
	twice := append(batchesOf(0), batchesOf(0)...)
	sort.Strings(twice)
	equal(t, values(committed(t, bootstrap(c), "out")), twice)
	if g, why := s.Guarantee(); g != sink.AtLeastOnce || !strings.Contains(why, "exactly-once") {
		t.Errorf("%s: %s", g, why)
	}
	c.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.MessageTooLarge})
	if err := writeBatch(ctxOf(t), s, 1, tenRows(t, 1)); !errors.Is(err, kerr.MessageTooLarge) {
		t.Errorf("a row too large: %v", err)
	}
	if _, err := option.Check("the kafka sink", map[string]string{"topc": "x"}, NewSinkProvider().Options()); err == nil || !strings.Contains(err.Error(), "did you mean topic?") {
		t.Errorf("an unknown option: %v", err)
	}
}

// pair is a header as a value of a row.
func pair(key string, value any) types.Row {
	return types.NewRow(types.NewSchema().Add("key", types.String).Add("value", types.Binary), []any{key, value})
}
