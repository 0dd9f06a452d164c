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

// richDNS is the job: from records of dns.log and conn.log to queries with what
// their connections took.
func richDNS(dnsRecords, connRecords *dataframe.DataFrame, o options) *dataframe.DataFrame {
	dns := zeek.Events(dnsRecords, "dns", zeek.DNS).WithWatermark("time", o.late).Alias("d")
	conn := zeek.Events(connRecords, "conn", zeek.Conn).WithWatermark("time", o.late).Alias("c")
	if !o.everyone {
		conn = conn.Filter("local_orig = true")
	}
	same := fn.Col("d.uid").Eq(fn.Col("c.uid"))
	within := fn.Expr("d.time BETWEEN c.time - INTERVAL 1 MINUTE AND c.time + INTERVAL 1 MINUTE")
	return dns.Join(conn, same.And(within), dataframe.Inner).Select(
		fn.Col("d.time"),
		fn.Col("query"),
		fn.Col("d.`id.orig_h`").Alias("src_ip"),
		fn.Col("d.`id.resp_h`").Alias("dest_ip"),
		fn.Col("d.`id.orig_p`").Alias("src_port"),
		fn.Col("d.`id.resp_p`").Alias("dest_port"),
		fn.Col("qtype_name"),
		fn.Col("TTLs"),
		label(0).Alias("hostname"),
		label(1).Alias("element2"),
		label(2).Alias("element3"),
		label(3).Alias("element4"),
		fn.Col("answers"),
		fn.Col("d.uid"),
		fn.Col("orig_ip_bytes").Alias("request_bytes"),
		fn.Col("resp_ip_bytes").Alias("reply_bytes"),
		fn.Col("local_orig"),
	)
}

// label is the n-th label of the query from the left, null past the end.
func label(n int) dataframe.Column { return fn.Get(fn.Split(fn.Col("query"), `\.`), n) }
