package main

import (
	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/jobs/zeek"
)

// options are those of the job's own flags.
type options struct {
	late     string // how late an event may come after later ones
	everyone bool   // also where local_orig is not true
}

// hostnames is the job: how often each host asked for each host name, the first
// label of its queries, in each window of five minutes. A window is counted once
// the watermark has passed its end. A query without a name counts for nothing,
// but has its group.
func hostnames(dnsRecords, connRecords *dataframe.DataFrame, o options) *dataframe.DataFrame {
	return asked(dnsRecords, connRecords, o).
		WithColumn("hostname", fn.Get(fn.Split(fn.Col("query"), `\.`), 0)).
		GroupBy(fn.Window(fn.Col("time"), "5 minutes"), fn.Col("`id.orig_h`").Alias("src_ip"), fn.Col("hostname")).
		Agg(fn.Count(fn.Col("hostname")).Alias("count")).
		Select(
			fn.Col("window.start").Alias("window_start"),
			fn.Col("src_ip"), fn.Col("hostname"), fn.Col("count"),
		)
}

// asked are the queries whose connection, begun within a minute of them, came from
// the local network.
func asked(dnsRecords, connRecords *dataframe.DataFrame, o options) *dataframe.DataFrame {
	dns := zeek.Events(dnsRecords, "dns", zeek.DNS).WithWatermark("time", o.late).Alias("d")
	conn := zeek.Events(connRecords, "conn", zeek.Conn).WithWatermark("time", o.late).Alias("c")
	if !o.everyone {
		conn = conn.Filter("local_orig = true")
	}
	same := fn.Col("d.uid").Eq(fn.Col("c.uid"))
	within := fn.Expr("d.time BETWEEN c.time - INTERVAL 1 MINUTE AND c.time + INTERVAL 1 MINUTE")
	return dns.Join(conn, same.And(within), dataframe.Inner).Select(fn.Col("d.*"))
}
