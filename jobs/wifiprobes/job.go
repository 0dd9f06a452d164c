package main

import (
	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
)

// What the job can compute.
const (
	fingerprints = "fingerprints"
	daily        = "daily"
)

// probe is the subtype of a probe request.
const probe = 4

// options are those of the job's own flags.
type options struct {
	result string
	late   string // how late a frame may come after later ones
}

// frames are the records with their event time and what is looked at.
func frames(records *dataframe.DataFrame, o options) *dataframe.DataFrame {
	first := func(name string) dataframe.Column { return fn.Get(fn.Col(name), 0) }
	return records.Select(
		fn.TimestampMillis(fn.Col("timestamp").Cast("bigint")).Alias("time"),
		first("wlan_fc_type_subtype").Cast("int").Alias("subtype"),
		first("wlan_sa").Alias("source"),
		first("wlan_radio_signal_dbm").Cast("double").Alias("signal"),
		fn.Col("wlan_tag_vendor_data").Alias("vendor_data"),
		fn.Col("wlan_tag_vendor_oui_type").Alias("oui_type"),
		fn.Col("wlan_tag_oui").Alias("oui"),
	).WithWatermark("time", o.late)
}

// byDay counts frames by day, in UTC, and subtype.
func byDay(frames *dataframe.DataFrame) *dataframe.DataFrame {
	clock := func(time dataframe.Column) dataframe.Column { return fn.DateFormat(time, "HH:mm:ss") }
	return frames.
		GroupBy(fn.Window(fn.Col("time"), "1 day"), fn.Col("subtype")).
		Agg(fn.CountStar().Alias("frames"), fn.Min(fn.Col("time")).Alias("first"), fn.Max(fn.Col("time")).Alias("last")).
		Select(
			fn.DateFormat(fn.Col("window.start"), "yyyy-MM-dd").Alias("day"),
			fn.Col("subtype"),
			fn.Col("frames"),
			clock(fn.Col("first")).Alias("earliest"),
			clock(fn.Col("last")).Alias("latest"),
		)
}

// byFingerprint gives the sessions of probe requests, with pauses of less than
// five minutes, that tell of the same vendors' elements and came from more than
// two addresses: devices that change their address, but not what they say. A
// session leaves when the watermark has passed its end.
func byFingerprint(frames *dataframe.DataFrame) *dataframe.DataFrame {
	return frames.
		Filter(fn.Col("subtype").Eq(probe)).
		GroupBy(fn.SessionWindow(fn.Col("time"), "5 minutes"), fn.Col("vendor_data"), fn.Col("oui_type"), fn.Col("oui")).
		Agg(
			fn.CountStar().Alias("probes"),
			fn.CountDistinct(fn.Col("source")).Alias("source_count"),
			fn.CollectSet(fn.Col("source")).Alias("sources"),
			fn.Min(fn.Col("time")).Alias("first_probe"),
			fn.Max(fn.Col("time")).Alias("last_probe"),
			fn.Max(fn.Col("signal")).Minus(fn.Min(fn.Col("signal"))).Alias("signal_range"),
			fn.Histogram(fn.Col("signal").Cast("string")).Alias("signals"),
		).
		Filter("source_count > 2").
		Drop("session_window")
}
