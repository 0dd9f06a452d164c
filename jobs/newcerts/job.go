package main

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/jobs/zeek"
)

// What a connection and its certificate have in common.
const (
	subject     = "subject"     // as Zeek up to version 4 writes them, within a second
	fingerprint = "fingerprint" // of the first certificate of the chain, whenever it was seen
)

// options are those of the job's own flags.
type options struct {
	late      string // how late an event may come after later ones
	by        string
	days      int // the age of a new certificate; 0 is any
	untrusted bool
}

// newCerts is the job: from records of ssl.log and x509.log to connections with
// the certificates they were shown, where those had been valid for a few days
// when they were seen.
func newCerts(sslRecords, x509Records *dataframe.DataFrame, o options) (*dataframe.DataFrame, error) {
	if o.days < 0 {
		return nil, fmt.Errorf("--days %d: write at least 1, or 0 for any certificate", o.days)
	}
	ssl := zeek.Events(sslRecords, "ssl", zeek.SSL).WithWatermark("time", o.late).Alias("s")
	x509 := zeek.Events(x509Records, "x509", zeek.X509).
		WithColumn("valid_from", zeek.Time(fn.Col("`certificate.not_valid_before`"))).
		WithColumn("valid_to", zeek.Time(fn.Col("`certificate.not_valid_after`"))).
		WithWatermark("time", o.late).Alias("x")
	if o.days > 0 {
		x509 = x509.Filter(fmt.Sprintf("time < valid_from + INTERVAL %d DAY", o.days))
	}
	if o.untrusted {
		ssl = ssl.Filter("validation_status != 'ok'")
	}
	return ssl.Join(x509, o.same(), dataframe.Inner).Select(columns()...), nil
}

// same says which connection and certificate belong together.
func (o options) same() dataframe.Column {
	if o.by == fingerprint {
		return fn.Get(fn.Col("cert_chain_fps"), 0).Eq(fn.Col("fingerprint"))
	}
	within := fn.Expr("s.time BETWEEN x.time - INTERVAL 1 SECOND AND x.time + INTERVAL 1 SECOND")
	return fn.Col("subject").Eq(fn.Col("`certificate.subject`")).And(within)
}

func columns() []dataframe.Column {
	return []dataframe.Column{
		fn.Col("s.time").Alias("ssl_time"),
		fn.Col("`id.orig_h`").Alias("src_ip"),
		fn.Col("`id.orig_p`").Alias("src_port"),
		fn.Col("`id.resp_h`").Alias("dest_ip"),
		fn.Col("`id.resp_p`").Alias("dest_port"),
		fn.Col("version"),
		fn.Col("cipher"),
		fn.Col("curve"),
		fn.Col("server_name"),
		fn.Col("`certificate.subject`").Alias("subject"),
		fn.Col("`certificate.issuer`").Alias("issuer"),
		fn.Col("validation_status"),
		fn.Col("x.time").Alias("x509_time"),
		fn.Col("`certificate.version`").Alias("certificate_version"),
		fn.Col("valid_from"),
		fn.Col("valid_to"),
		fn.Col("`certificate.key_alg`").Alias("key_alg"),
		fn.Col("`certificate.sig_alg`").Alias("sig_alg"),
		fn.Col("`certificate.key_type`").Alias("key_type"),
		fn.Col("`certificate.key_length`").Alias("key_length"),
	}
}
