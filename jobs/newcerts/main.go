package main

import (
	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/jobs"
	"github.com/riffledata/riffle/jobs/zeek"
	"github.com/riffledata/riffle/jobs/zeek/gen"
)

const usage = `newcerts finds TLS connections to servers whose certificate is new.

Usage:
  newcerts                                               made-up events, an embedded broker
  newcerts --brokers HOST:PORT                           a real Kafka, topics ssl and x509
  newcerts --ssl ssl.log --x509 x509.log --available-now files, plain or .gz
`

func main() { pipeline().Main() }

func pipeline() *jobs.Pipeline {
	var o options
	return &jobs.Pipeline{
		Table: "new_certs",
		About: usage,
		Inputs: []jobs.Input{
			{Name: "ssl", What: "Zeek's ssl.log", Schema: zeek.Record(zeek.SSL), MadeUp: gen.SSL},
			{Name: "x509", What: "Zeek's x509.log", Schema: zeek.Record(zeek.X509), MadeUp: gen.X509},
		},
		Flags: func(f *jobs.Flags) {
			f.String(&o.late, "late", "20 minutes", "how late an event may come after later ones")
			f.Choice(&o.by, "by", subject, "what a connection and its certificate have in common", subject, fingerprint)
			f.Int(&o.days, "days", 30, "how many days a new certificate is valid at most; 0 is any certificate")
			f.Bool(&o.untrusted, "untrusted", false, "only connections whose certificate was not found to be ok")
		},
		Query: func(in jobs.Records) (*dataframe.DataFrame, error) { return newCerts(in["ssl"], in["x509"], o) },
		Order: func() string { return "ssl_time, src_ip, src_port, x509_time" },
	}
}
