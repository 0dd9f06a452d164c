package main

import (
	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/jobs/zeek"
)

// record is the schema of an event as any of the usual producers writes it:
// Zeek's own dotted names, the underscored ones of shippers that cannot have
// dots, the objects that others make of dots, and the event wrapped under the
// name of its log, as Zeek's Kafka plugin does with tag_json. Where several logs
// share a stream, @stream (or _path) says which one a record is of.
func record() *types.Schema {
	return event().
		Add("@stream", types.String).
		Add("_path", types.String).
		Add("dns", event().Struct())
}

// event is an event of dns.log under any of its names.
func event() *types.Schema {
	return zeek.DNS.
		Add("id_orig_h", types.String).
		Add("id", types.NewSchema().Add("orig_h", types.String).Struct())
}

// events turns records of any dialect into events of dns.log. Records of other
// logs are left out.
func events(records *dataframe.DataFrame) *dataframe.DataFrame {
	wrapped := fn.Col("dns")
	log := fn.Coalesce(fn.Col("`@stream`"), fn.Col("_path"), fn.Lit("dns"))
	host := fn.Coalesce(
		fn.Col("`id.orig_h`"), fn.Col("id_orig_h"), fn.Col("id").GetField("orig_h"),
		wrapped.GetField("id.orig_h"), wrapped.GetField("id_orig_h"), wrapped.GetField("id").GetField("orig_h"))
	return records.
		Filter(log.Eq("dns")).
		Select(
			host.Alias("id.orig_h"),
			fn.Coalesce(fn.Col("query"), wrapped.GetField("query")).Alias("query"),
			fn.Coalesce(fn.Col("qtype_name"), wrapped.GetField("qtype_name")).Alias("qtype_name"),
		)
}
