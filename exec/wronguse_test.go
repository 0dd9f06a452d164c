package exec_test

import (
	"context"
	"fmt"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
)

// wrongUses are calls that no user should make, by name. Each is at most three
// lines, so that the place in its message can be checked.
func wrongUses(r *rig) map[string]func() error {
	ctx := context.Background()
	col := fn.Col
	cases := map[string]func() error{
		"unknown-column":       func() error { return r.flows.Select(col("byte")).Err() },
		"unknown-column-text":  func() error { return r.flows.Filter("byts > 1").Err() },
		"unquoted-dot":         func() error { return r.flows.GroupBy(col("id.orig_h")).Count().Err() },
		"unquoted-dot-field":   func() error { return r.flows.Select(col("conn.id.resp_h")).Err() },
		"unknown-field":        func() error { return r.flows.Select(col("conn.prt")).Err() },
		"field-of-text":        func() error { return r.flows.Select(col("`id.orig_h`.x")).Err() },
		"col-checks-at-once":   func() error { return r.flows.Select(r.flows.Col("byts")).Err() },
		"bad-name":             func() error { return r.flows.Select(col("a``b")).Err() },
		"unknown-function":     func() error { return r.flows.Select(fn.Call("uper", col("bytes"))).Err() },
		"unknown-function-sql": func() error { return r.flows.SelectExpr("uper(bytes)").Err() },
		"too-few-arguments":    func() error { return r.flows.Select(fn.Call("substring", col("`id.orig_h`"))).Err() },
		"filter-not-boolean":   func() error { return r.flows.Filter(col("bytes")).Err() },
		"filter-not-a-column":  func() error { return r.flows.Filter(5).Err() },
		"filter-by-aggregate":  func() error { return r.flows.Filter(fn.Sum(col("bytes")).Gt(1)).Err() },
		"sum-of-text":          func() error { return r.flows.GroupBy().Sum("`id.orig_h`").Err() },
		"min-of-text":          func() error { return r.flows.GroupBy().Min("`id.orig_h`").Err() },
		"agg-sum-of-map":       func() error { return r.flows.Agg(fn.Sum(col("notes"))).Err() },
		"cast-impossible":      func() error { return r.flows.Select(col("tags").Cast("int")).Err() },
		"cast-to-nothing":      func() error { return r.flows.Select(col("bytes").Cast("bigit")).Err() },
		"cast-to-number":       func() error { return r.flows.Select(col("bytes").Cast(5)).Err() },
		"literal-of-channel":   func() error { return r.flows.Select(fn.Lit(make(chan int))).Err() },
		"empty-column":         func() error { return r.flows.Select(dataframe.Column{}).Err() },
		"compare-types":        func() error { return r.flows.Filter(col("tags").Eq(5)).Err() },
		"misplaced-aggregate":  func() error { return r.flows.Select(col("bytes"), fn.Sum(col("bytes"))).Err() },
		"nested-aggregate":     func() error { return r.flows.Agg(fn.Sum(fn.Count())).Err() },
		"group-by-aggregate":   func() error { return r.flows.GroupBy(fn.Count()).Count().Err() },
		"sort-by-map":          func() error { return r.flows.OrderBy(col("notes")).Err() },
		"sort-by-nothing":      func() error { return r.flows.OrderBy().Err() },
		"distinct-of-map":      func() error { return r.flows.Distinct().Err() },
		"negative-limit":       func() error { return r.flows.Limit(-1).Err() },
		"negative-offset":      func() error { return r.flows.Offset(-1).Err() },
		"negative-take":        func() error { _, err := r.flows.Take(ctx, -3); return err },
		"sort-key-selected":    func() error { return r.flows.Select(col("bytes").Desc()).Err() },
		"otherwise-twice": func() error {
			return r.flows.Select(fn.When(col("bytes").Gt(1), 1).Otherwise(2).Otherwise(3)).Err()
		},
		"ambiguous-column": func() error {
			return r.flows.Select(col("bytes"), col("ts").Alias("BYTES")).Select(col("bytes")).Err()
		},
		"union-widths":       func() error { return r.flows.Union(r.flows.Drop("ts")).Err() },
		"union-types":        func() error { return r.flows.Select(col("tags")).Union(r.flows.Select(col("bytes"))).Err() },
		"union-by-name":      func() error { return r.flows.UnionByName(r.flows.Drop("ts"), false).Err() },
		"union-sessions":     func() error { return r.flows.Union(open(r.t).frame("a INT")).Err() },
		"view-without-name":  func() error { return r.flows.CreateOrReplaceTempView("") },
		"unknown-table":      func() error { return r.Table("flow").Err() },
		"explain-mode":       func() error { return r.flows.Explain("extnded") },
		"explain-codegen":    func() error { return r.flows.Explain("codegen") },
		"conf-key":           func() error { return r.Conf().Set("riffle.timezone.session", "UTC") },
		"conf-near":          func() error { return r.Conf().Set("riffle.shufle.partitions", "4") },
		"conf-spark":         func() error { return r.Conf().Set("spark.executor.memory", "4g") },
		"conf-value":         func() error { return r.Conf().Set("spark.sql.session.timeZone", "Europe/Wien") },
		"create-too-short":   func() error { return r.CreateDataFrame(schemaOf(r.t, "a INT, b INT"), [][]any{{1}}).Err() },
		"create-wrong-type":  func() error { return r.CreateDataFrame(schemaOf(r.t, "a INT"), [][]any{{"x"}}).Err() },
		"create-null":        func() error { return r.CreateDataFrame(schemaOf(r.t, "a INT NOT NULL"), [][]any{{nil}}).Err() },
		"schema-of-channel":  func() error { _, err := dataframe.SchemaOf[struct{ C chan int }](); return err },
		"collect-no-column":  func() error { _, err := dataframe.Collect[struct{ Byte int }](ctx, r.flows); return err },
		"collect-null":       func() error { _, err := dataframe.Collect[struct{ Conn struct{} }](ctx, r.flows); return err },
		"collect-wrong-type": func() error { _, err := dataframe.Collect[struct{ Bytes string }](ctx, r.flows); return err },
		"collect-overflow": func() error {
			_, err := dataframe.Collect[struct{ X int8 }](ctx, r.flows.Select(fn.Lit(300).Alias("x")))
			return err
		},
		"collect-no-struct": func() error { _, err := dataframe.Collect[int](ctx, r.flows); return err },
		"overflow":          func() error { return collected(r.flows.Select(fn.Lit(int64(9223372036854775807)).Plus(col("bytes")))) },
		"bad-cast-of-value": func() error { return collected(r.flows.Select(col("`id.orig_h`").Cast("int"))) },
	}
	for name, run := range wrongSources(r) {
		cases[name] = run
	}
	for name, run := range wrongStreams(r) {
		cases[name] = run
	}
	return cases
}

func wrongSources(r *rig) map[string]func() error {
	path := r.dir + "/a.json"
	dead := map[string]string{"kafka.bootstrap.servers": r.dead, "kafka.default.api.timeout.ms": "300"}
	return map[string]func() error{
		"no-source-format":      func() error { return r.Read().Load().Err() },
		"unknown-source-format": func() error { return r.Read().Format("jsn").Load(path).Err() },
		"far-source-format":     func() error { return r.Read().Format("parquet").Load(path).Err() },
		"unknown-source-option": func() error {
			return r.Read().Format("json").Option("recursive", true).Schema("a INT").Load(path).Err()
		},
		"unknown-kafka-option": func() error { return r.ReadStream().Format("kafka").Option("subscibe", "dns").Load().Err() },
		"bad-option-value": func() error {
			return r.Read().Format("json").Option("recursiveFileLookup", "yes").Schema("a INT").Load(path).Err()
		},
		"bad-schema-text":  func() error { return r.Read().Format("json").Schema("a INT, b STRIN").Load(path).Err() },
		"bad-schema-dot":   func() error { return r.Read().Format("json").Schema("ts DOUBLE, id.orig_h STRING").Load(path).Err() },
		"bad-schema-value": func() error { return r.Read().Format("json").Schema(5).Load(path).Err() },
		"no-schema":        func() error { return r.Read().Format("json").Load(path).Err() },
		"missing-file":     func() error { return r.Read().Format("json").Schema("a INT").Load(r.dir + "/b.json").Err() },
		"missing-stream":   func() error { return r.ReadStream().Format("json").Schema("a INT").Load(r.dir + "/b").Err() },
		"no-match":         func() error { return r.Read().Format("json").Schema("a INT").Load(r.dir + "/*.log").Err() },
		"no-path":          func() error { return r.Read().Format("json").Schema("a INT").Load().Err() },
		"bad-pattern":      func() error { return r.Read().Format("json").Schema("a INT").Load(r.dir + "/[").Err() },
		"rate-in-batch":    func() error { return r.Read().Format("rate").Load().Err() },
		"rate-with-schema": func() error { return r.ReadStream().Format("rate").Schema("a INT").Load().Err() },
		"rate-bad-number":  func() error { return r.ReadStream().Format("rate").Option("rowsPerSecond", 0).Load().Err() },
		"no-memory-stream": func() error { return r.ReadStream().Format("memory").Option("name", "flow").Load().Err() },
		"from-json-schema": func() error { return r.flows.Select(fn.FromJSON(fn.Col("`id.orig_h`"), "a INT, b")).Err() },
		"unreachable-broker": func() error {
			return collected(r.Read().Format("kafka").Options(dead).Option("subscribe", "dns").Load())
		},
		"unreachable-broker-stream": func() error {
			return started(r.ReadStream().Format("kafka").Options(dead).Option("subscribe", "dns").Load().
				WriteStream().Format("console"))
		},
		"missing-topic": func() error {
			return collected(r.Read().Format("kafka").Option("kafka.bootstrap.servers", r.broker).Option("subscribe", "dsn").Load())
		},
		"missing-topic-stream": func() error {
			return started(r.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", r.broker).Option("subscribe", "dsn").Load().
				WriteStream().Format("console"))
		},
		"no-subscription": func() error {
			return r.ReadStream().Format("kafka").Option("kafka.bootstrap.servers", r.broker).Load().Err()
		},
	}
}

func wrongStreams(r *rig) map[string]func() error {
	ctx := context.Background()
	counts := r.stream.GroupBy(fn.Col("bytes")).Count()
	return map[string]func() error{
		"stream-collect":  func() error { return collectedHere(r.stream.Collect(ctx)) },
		"stream-count":    func() error { _, err := r.stream.Count(ctx); return err },
		"stream-show":     func() error { return r.stream.Show(ctx) },
		"stream-arrow":    func() error { _, err := r.stream.ToArrow(ctx); return err },
		"stream-first":    func() error { _, _, err := r.stream.First(ctx); return err },
		"stream-typed":    func() error { _, err := dataframe.Collect[struct{ Bytes int64 }](ctx, r.stream); return err },
		"append-agg":      func() error { return startedHere(r.memory(counts, dataframe.Append).Start(ctx)) },
		"complete-no-agg": func() error { return startedHere(r.memory(r.stream, dataframe.Complete).Start(ctx)) },
		"update-no-key":   func() error { return startedHere(r.memory(r.stream, dataframe.Update).Start(ctx)) },
		"append-sort": func() error {
			return startedHere(r.memory(r.stream.OrderBy(fn.Col("ts")), dataframe.Append).Start(ctx))
		},
		"update-limit": func() error { return startedHere(r.memory(counts.Limit(5), dataframe.Update).Start(ctx)) },
		"append-limit": func() error { return startedHere(r.memory(counts.Limit(5), dataframe.Append).Start(ctx)) },
		"update-sort": func() error {
			return startedHere(r.memory(counts.OrderBy(fn.Col("count")), dataframe.Update).Start(ctx))
		},
		"limit-below-agg": func() error {
			return startedHere(r.memory(counts.Limit(5).GroupBy().Count(), dataframe.Complete).Start(ctx))
		},
		"watermark-above-agg": func() error {
			late := r.stream.GroupBy(fn.Col("bytes")).Agg(fn.Max(fn.Col("ts")).Alias("ts")).WithWatermark("ts", "1 minute")
			return startedHere(r.memory(late, dataframe.Update).Start(ctx))
		},
		"append-no-event-key": func() error {
			n := r.stream.WithWatermark("ts", "1 minute").GroupBy(fn.Col("bytes")).Count()
			return startedHere(r.memory(n, dataframe.Append).Start(ctx))
		},
		"watermark-text":   func() error { return r.stream.WithWatermark("`id.orig_h`", "1 minute").Err() },
		"watermark-delay":  func() error { return r.stream.WithWatermark("ts", "1 month").Err() },
		"watermark-number": func() error { return r.stream.WithWatermark("ts", 10).Err() },
		"watermark-twice":  func() error { return r.stream.WithWatermark("ts", "1 hour").WithWatermark("ts", "2h").Err() },
		"window-in-filter": func() error { return r.stream.Filter(fn.Window(fn.Col("ts"), "1 hour").IsNotNull()).Err() },
		"window-of-zero":   func() error { return r.stream.GroupBy(fn.Window(fn.Col("ts"), "0 seconds")).Count().Err() },
		"window-slide":     func() error { return r.stream.Select(fn.SlidingWindow(fn.Col("ts"), "1 hour", "2 hours")).Err() },
		"two-windows": func() error {
			return r.stream.GroupBy(fn.Window(fn.Col("ts"), "1 hour"), fn.SessionWindow(fn.Col("ts"), time.Minute)).Count().Err()
		},
		"session-gap":            func() error { return r.stream.GroupBy(fn.SessionWindow(fn.Col("ts"), fn.Col("bytes"))).Count().Err() },
		"dedup-column":           func() error { return r.stream.DropDuplicates("byts").Err() },
		"dedup-no-watermark":     func() error { return r.stream.DropDuplicatesWithinWatermark("bytes").Err() },
		"dedup-within-no-stream": func() error { return r.flows.DropDuplicatesWithinWatermark("bytes").Err() },
		"union-with-batch": func() error {
			return startedHere(r.memory(r.stream.Union(r.flows), dataframe.Append).Start(ctx))
		},
		"unknown-mode":   func() error { return startedHere(r.memory(r.stream, "appnd").Start(ctx)) },
		"batch-written":  func() error { return startedHere(r.memory(r.flows, dataframe.Append).Start(ctx)) },
		"no-query-name":  func() error { return startedHere(r.stream.WriteStream().Format("memory").Start(ctx)) },
		"no-sink-format": func() error { return startedHere(r.stream.WriteStream().Start(ctx)) },
		"unknown-sink":   func() error { return startedHere(r.stream.WriteStream().Format("consol").Start(ctx)) },
		"far-sink":       func() error { return startedHere(r.stream.WriteStream().Format("delta").Start(ctx)) },
		"sink-option":    func() error { return startedHere(r.memory(r.stream, dataframe.Append).Option("maxByte", 1).Start(ctx)) },
		"checkpoint-option": func() error {
			return startedHere(r.memory(r.stream, dataframe.Append).Option("checkpointLocation", "ftp://there/x").Start(ctx))
		},
		"sink-value": func() error {
			return startedHere(r.memory(r.stream, dataframe.Append).Option("maxBytes", "1GB").Start(ctx))
		},
		"trigger-interval": func() error {
			return startedHere(r.memory(r.stream, dataframe.Append).Trigger(dataframe.ProcessingTime(-1)).Start(ctx))
		},
		"mistake-sticks": func() error {
			return startedHere(r.stream.Select(fn.Col("byte")).Filter("x").WriteStream().Start(ctx))
		},
		"duplicate-name": func() error {
			must(r.t, twice(r.memory(r.stream, dataframe.Append).Start(ctx)))
			return startedHere(r.memory(r.stream, dataframe.Append).Start(ctx))
		},
	}
}

// collectedHere and startedHere take the error of a call in the case's own line.
func collectedHere(_ []types.Row, err error) error { return err }

func startedHere(q *dataframe.StreamingQuery, err error) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("it started; stopping it gave %w", q.Stop())
}

// twice leaves a query running: the session's end stops it.
func twice(_ *dataframe.StreamingQuery, err error) error { return err }
