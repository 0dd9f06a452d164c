package exec_test

import (
	"encoding/json"
	"slices"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

// The schemas of the fixtures' inputs.
const (
	carDDL     = "timestamp TIMESTAMP, driver_id BIGINT, event_type STRING, location STRING"
	impulseDDL = "timestamp TIMESTAMP, counter BIGINT, subtask_index BIGINT"
	changeDDL  = "before STRUCT<" + orderColumns + ">, after STRUCT<" + orderColumns + ">, op STRING"

	orderColumns = "id: INT, customer_name: STRING, product_name: STRING, quantity: INT, price: DOUBLE, order_date: BIGINT, status: STRING"
)

// Rows long after all others: what comes before them is final then.
const (
	lastCar     = `{"timestamp":"2100-01-01T00:00:00Z","driver_id":0,"event_type":"pickup","location":""}`
	lastImpulse = `{"timestamp":"2100-01-01T00:00:00Z","counter":null,"subtask_index":0}`
)

// middle is the median, the mean of the middle two where there are two.
type middle struct{}

func (middle) Zero() []int64                  { return nil }
func (middle) Add(b []int64, v int64) []int64 { return append(b, v) }
func (middle) Merge(a, b []int64) []int64     { return append(a, b...) }
func (middle) Result(b []int64) float64 {
	b = slices.Sorted(slices.Values(b))
	return float64(b[(len(b)-1)/2]+b[len(b)/2]) / 2
}

// nothing is null whatever it is given.
type nothing struct{}

func (nothing) Zero() int64               { return 0 }
func (nothing) Add(b, _ int64) int64      { return b }
func (nothing) Merge(a, _ int64) int64    { return a }
func (nothing) Result(int64) (v *float64) { return nil }

// User-defined functions of the fixtures.
var (
	doubleNegative = fn.UDF1("double_negative", func(x int64) int64 { return -2 * x })
	// jsonField is the operator ->: a field of a JSON object as JSON text.
	jsonField = fn.UDF2("json_field", func(object, field string) string {
		var fields map[string]json.RawMessage
		if json.Unmarshal([]byte(object), &fields) != nil || fields[field] == nil {
			return "null"
		}
		return string(fields[field])
	})
	myMedian   = fn.UDAF("my_median", middle{})
	noneUDF    = fn.UDAF("none_udf", nothing{})
	maxProduct = fn.UDAF2[int64, int64, mostBuffer, int64]("max_product", most{})
)

// cars and impulse read the inputs with event time.
func (s sources) cars(delay string) *dataframe.DataFrame {
	return s.read("cars", carDDL).WithWatermark("timestamp", delay)
}

func (s sources) impulse(table, delay string) *dataframe.DataFrame {
	return s.read(table, impulseDDL).WithWatermark("timestamp", delay)
}

// drivers counts the drivers of one type of event in each hour.
func (s sources) drivers(event string) *dataframe.DataFrame {
	return s.cars("1 second").Filter(fn.Col("event_type").Eq(event)).GroupBy(fn.Window(fn.Col("timestamp"), "1 hour")).
		Agg(fn.CountDistinct(fn.Col("driver_id")).Alias("n"))
}

// rightCounts is the updating side of the joins with counts.
func (s sources) rightCounts() *dataframe.DataFrame {
	return s.read("impulse", impulseDDL).Filter("counter < 3").GroupBy(fn.Expr("counter % 2 AS counter_mod_2")).Agg(fn.Count().Alias("right_count"))
}

// withCounts joins impulses with counts of them.
func withCounts(how dataframe.JoinType) func(sources) *dataframe.DataFrame {
	return func(s sources) *dataframe.DataFrame {
		return s.read("impulse", impulseDDL).Filter("counter < 3").Join(s.rightCounts(), fn.Expr("counter = right_count"), how).
			Filter("counter < 3").SelectExpr("counter AS left_counter", "counter_mod_2", "right_count")
	}
}

var impulseAggregates = []dataframe.Column{
	fn.Expr("min(counter) AS min"), fn.Expr("max(counter) AS max"), fn.Expr("sum(counter) AS sum"), fn.Expr("count(*) AS count"), fn.Expr("avg(counter) AS avg"),
}

// conformance has the fixtures by their ids.
var conformance = map[string]conformanceCase{
	"cast_to_sink_type": {mode: dataframe.Append, query: func(s sources) *dataframe.DataFrame {
		return s.cars("1 second").SelectExpr("timestamp", "CAST(driver_id AS STRING) AS driver_id")
	}},
	"double_negative_udf": {mode: dataframe.Append, query: func(s sources) *dataframe.DataFrame {
		return s.read("impulse", impulseDDL).Select(doubleNegative(fn.Col("counter")).Alias("counter"))
	}},
	"json_operators": {mode: dataframe.Append, query: func(s sources) *dataframe.DataFrame {
		field := func(name, as string) dataframe.Column { return jsonField(fn.Col("value"), name).Alias(as) }
		return s.text("lines").Select(fn.Lit("test").Alias("a"), field("driver_id", "b"), field("event_type", "c"), field("not_a_field", "d"))
	}},
	"memory_table": {mode: dataframe.Append, query: func(s sources) *dataframe.DataFrame {
		memory := s.read("cars", carDDL).SelectExpr("event_type", "location", "driver_id AS other_driver_id").WithColumnRenamed("other_driver_id", "driver_id")
		return memory.SelectExpr("driver_id", "event_type")
	}},
	"select_star": {mode: dataframe.Append, query: func(s sources) *dataframe.DataFrame { return s.read("cars", carDDL) }},
	"union": {mode: dataframe.Append, query: func(s sources) *dataframe.DataFrame {
		side := func(name string) *dataframe.DataFrame {
			return s.read("impulse", impulseDDL).Select(fn.Col("counter"), fn.Lit(name).Alias("source"))
		}
		return side("first").Union(side("second"))
	}},
	"hourly_by_event_type": {mode: dataframe.Append, last: lastCar, query: func(s sources) *dataframe.DataFrame {
		return s.cars("1 second").GroupBy(fn.Col("event_type"), fn.Window(fn.Col("timestamp"), "1 hour")).Count().
			SelectExpr("event_type", "window.start AS hour", "count")
	}},
	"offset_impulse_join": {mode: dataframe.Append, last: lastImpulse, query: func(s sources) *dataframe.DataFrame {
		side := func(table, delay string) *dataframe.DataFrame {
			return s.impulse(table, delay).GroupBy(fn.Window(fn.Col("timestamp"), "1 second"), fn.Col("counter")).Count().Alias(table)
		}
		return side("impulse", "0 seconds").Join(side("delayed_impulse", "10 minutes"), fn.Expr("impulse.counter = delayed_impulse.counter"), dataframe.Inner).
			SelectExpr("delayed_impulse.window.start AS start", "impulse.counter AS counter")
	}},
	"tight_watermark": {mode: dataframe.Append, last: lastCar, query: func(s sources) *dataframe.DataFrame {
		return s.cars("0 seconds").GroupBy(fn.Window(fn.Col("timestamp"), "1 hour")).Count().SelectExpr("window.end AS timestamp", "count")
	}},
	// The windows are over event time: arrival time would give as many rows as the
	// run has windows of it.
	"udaf": {mode: dataframe.Append, last: lastImpulse, query: func(s sources) *dataframe.DataFrame {
		return s.impulse("impulse", "0 seconds").GroupBy(fn.Window(fn.Col("timestamp"), "30 days")).
			Agg(myMedian(fn.Col("counter")).Cast("bigint").Alias("median"), noneUDF(fn.Col("counter")).Alias("none_value"),
				maxProduct(fn.Col("counter"), fn.Col("subtask_index")).Alias("max_product")).Drop("window")
	}},
	"windowed_inner_join": {mode: dataframe.Append, last: lastCar, query: func(s sources) *dataframe.DataFrame {
		return s.drivers("dropoff").Alias("d").Join(s.drivers("pickup").Alias("p"), fn.Expr("d.window = p.window"), dataframe.Inner).
			SelectExpr("d.window.start AS hour", "d.n AS drivers", "p.n AS pickups")
	}},
	// The first row of each window by count and driver is its greatest pair of them.
	"most_active_driver_last_hour_unaligned": {mode: dataframe.Append, last: lastCar, query: func(s sources) *dataframe.DataFrame {
		counts := s.cars("1 second").GroupBy(fn.SlidingWindow(fn.Col("timestamp"), "1 hour", "40 minutes"), fn.Col("driver_id")).Count()
		return counts.GroupBy(fn.Col("window")).Agg(fn.Max(fn.Struct(fn.Col("count"), fn.Col("driver_id"))).Alias("top")).
			SelectExpr("top.driver_id AS driver_id", "top.count AS count", "window.start AS start", "window.end AS end", "1 AS row_number")
	}},
	"sliding_window_end": {mode: dataframe.Append, last: lastImpulse, query: func(s sources) *dataframe.DataFrame {
		return s.impulse("impulse", "1 second").GroupBy(fn.SlidingWindow(fn.Col("timestamp"), "10 seconds", "2 seconds")).
			Agg(fn.Expr("count(*) AS count"), fn.Expr("min(counter) AS min"), fn.Expr("max(counter) AS max")).
			SelectExpr("count", "min", "max", "window.start AS start", "window.end AS end")
	}},
	"session_window": {mode: dataframe.Append, last: lastImpulse, query: func(s sources) *dataframe.DataFrame {
		return s.impulse("impulse", "1 second").WithColumn("user_id", fn.Expr("CASE WHEN counter % 10 = 0 THEN 0 ELSE counter END")).
			GroupBy(fn.SessionWindow(fn.Col("timestamp"), "20 seconds"), fn.Col("user_id")).Agg(fn.Count().Alias("rows")).
			SelectExpr("session_window.start AS start", "session_window.end AS end", "user_id", "rows")
	}},
	"aggregates": {mode: dataframe.Update, query: func(s sources) *dataframe.DataFrame {
		return s.read("impulse", impulseDDL).Agg(impulseAggregates...)
	}},
	"debezium_coercion": {mode: dataframe.Append, query: func(s sources) *dataframe.DataFrame {
		return s.read("impulse", impulseDDL).Select(fn.Col("counter"))
	}},
	// The golden output has order_date in seconds, the input in microseconds.
	"debezium_pass_through": {mode: dataframe.Update, query: func(s sources) *dataframe.DataFrame {
		changes := s.read("orders", changeDDL).Select(fn.Expr("CASE WHEN op = 'd' THEN before ELSE after END AS r"), fn.Col("op"))
		return changes.SelectExpr("r.*", "op").AsTable("id").DeletedWhen("op = 'd'").WithColumn("order_date", fn.Expr("order_date div 1000000")).Drop("op")
	}},
	"every_aggregate": {mode: dataframe.Update, query: everyAggregate,
		without: []string{"approx_distinct_driver", "approx_median_driver", "approx_percentile_cont_driver", "approx_percentile_cont_weighted_driver"}},
	"filter_updating_aggregates": {mode: dataframe.Update, query: func(s sources) *dataframe.DataFrame {
		return s.read("impulse", impulseDDL).Agg(fn.CountDistinct(fn.Col("subtask_index")).Alias("subtasks")).Filter("subtasks >= 1")
	}},
	"grouped_aggregates": {mode: dataframe.Update, query: func(s sources) *dataframe.DataFrame {
		return s.read("impulse", impulseDDL).GroupBy(fn.Expr("counter % 5 AS counter_mod")).Agg(impulseAggregates...)
	}},
	"updating_full_join":  {mode: dataframe.Update, query: withCounts(dataframe.Full)},
	"updating_right_join": {mode: dataframe.Update, query: withCounts(dataframe.Right)},
	"updating_inner_join": {mode: dataframe.Update, query: func(s sources) *dataframe.DataFrame {
		odd := s.read("impulse", impulseDDL).Filter("counter % 2 = 1").Alias("b")
		return s.read("impulse", impulseDDL).Alias("a").Join(odd, fn.Expr("a.counter = b.counter"), dataframe.Inner).
			SelectExpr("a.counter AS left_count", "b.counter AS right_count")
	}},
}

// everyAggregate has the aggregates that are exact.
func everyAggregate(s sources) *dataframe.DataFrame {
	round := func(text, as string) dataframe.Column { return fn.Round(fn.Expr(text), 4).Alias(as) }
	rows := s.cars("1 hour").WithColumn("at", fn.UnixSeconds(fn.Col("timestamp")))
	return rows.GroupBy(fn.Col("event_type")).Agg(
		round("avg(driver_id)", "avg_driver"),
		fn.Expr("bit_and(driver_id) AS bit_and_driver"), fn.Expr("bit_or(driver_id) AS bit_or_driver"), fn.Expr("bit_xor(driver_id) AS bit_xor_driver"),
		fn.Expr("bool_and(driver_id > 0) AS bool_and_driver"), fn.Expr("bool_or(driver_id > 0) AS bool_or_driver"),
		fn.Expr("count(*) AS cnt"), fn.Expr("max(driver_id) AS max_driver"), fn.Expr("CAST(median(driver_id) AS BIGINT) AS median_driver"),
		fn.Expr("min(driver_id) AS min_driver"), fn.Expr("sum(driver_id) AS sum_driver"),
		round("corr(driver_id, at)", "corr_driver_ts"), round("covar_pop(driver_id, at)", "covar_pop_driver_ts"), round("covar_samp(driver_id, at)", "covar_samp_driver_ts"),
		round("stddev(driver_id)", "stddev_driver"), round("stddev_pop(driver_id)", "stddev_pop_driver"),
		round("variance(driver_id)", "var_driver"), round("var_pop(driver_id)", "var_pop_driver"),
		round("regr_slope(driver_id, at)", "regr_slope"), round("regr_avgx(driver_id, at)", "regr_avgx"), round("regr_avgy(driver_id, at)", "regr_avgy"),
		fn.Expr("regr_count(driver_id, at) AS regr_count"), round("regr_intercept(driver_id, at)", "regr_intercept"), round("regr_r2(driver_id, at)", "regr_r2"),
		round("regr_sxx(driver_id, at)", "regr_sxx"), round("regr_syy(driver_id, at)", "regr_syy"), round("regr_sxy(driver_id, at)", "regr_sxy"))
}
