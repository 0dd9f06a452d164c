package main

import (
	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/jobs"
	"github.com/riffledata/riffle/jobs/zeek"
	"github.com/riffledata/riffle/jobs/zeek/gen"
)

const usage = `richdns puts each DNS query together with the connection in which it was asked.

Usage:
  richdns                                               made-up events, an embedded broker
  richdns --brokers HOST:PORT                           a real Kafka, topics dns and conn
  richdns --dns dns.log --conn conn.log --available-now files, plain or .gz
`

func main() { pipeline().Main() }

func pipeline() *jobs.Pipeline {
	var o options
	return &jobs.Pipeline{
		Table: "rich_dns",
		About: usage,
		Inputs: []jobs.Input{
			{Name: "dns", What: "Zeek's dns.log", Schema: zeek.Record(zeek.DNS), MadeUp: gen.DNS},
			{Name: "conn", What: "Zeek's conn.log", Schema: zeek.Record(zeek.Conn), MadeUp: gen.Conn},
		},
		Flags: func(f *jobs.Flags) {
			f.String(&o.late, "late", "10 minutes", "how late an event may come after later ones")
			f.Bool(&o.everyone, "everyone", false, "queries from outside the local network too")
		},
		Query: func(in jobs.Records) (*dataframe.DataFrame, error) { return richDNS(in["dns"], in["conn"], o), nil },
		Order: func() string { return "time, uid" },
	}
}
