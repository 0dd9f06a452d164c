package zeek

import "github.com/riffledata/riffle/dataframe/types"

// DNS is the schema of an event of dns.log as JSON, all columns nullable. The
// time and the two lists are text: ts comes as a number or in ISO 8601, as Zeek
// is told, and answers and TTLs keep their JSON. Zeek leaves a key out where it
// has no value.
var DNS = types.NewSchema().
	Add("ts", types.String).
	Add("uid", types.String).
	Add("id.orig_h", types.String).
	Add("id.orig_p", types.Int).
	Add("id.resp_h", types.String).
	Add("id.resp_p", types.Int).
	Add("proto", types.String).
	Add("trans_id", types.Int).
	Add("query", types.String).
	Add("qclass", types.Int).
	Add("qclass_name", types.String).
	Add("qtype", types.Int).
	Add("qtype_name", types.String).
	Add("rcode", types.Int).
	Add("rcode_name", types.String).
	Add("AA", types.Boolean).
	Add("TC", types.Boolean).
	Add("RD", types.Boolean).
	Add("RA", types.Boolean).
	Add("Z", types.Int).
	Add("answers", types.String).
	Add("TTLs", types.String).
	Add("rejected", types.Boolean)
