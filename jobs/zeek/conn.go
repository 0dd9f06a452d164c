package zeek

import "github.com/riffledata/riffle/dataframe/types"

// Conn is the schema of an event of conn.log as JSON, all columns nullable. ts is
// text, as in DNS. It is the time at which the connection began; the event is
// written when it ends. local_orig tells whether who began it is of the local
// network, where Zeek knows.
var Conn = types.NewSchema().
	Add("ts", types.String).
	Add("uid", types.String).
	Add("id.orig_h", types.String).
	Add("id.orig_p", types.Int).
	Add("id.resp_h", types.String).
	Add("id.resp_p", types.Int).
	Add("proto", types.String).
	Add("service", types.String).
	Add("duration", types.Double).
	Add("orig_bytes", types.Long).
	Add("resp_bytes", types.Long).
	Add("conn_state", types.String).
	Add("local_orig", types.Boolean).
	Add("local_resp", types.Boolean).
	Add("missed_bytes", types.Long).
	Add("history", types.String).
	Add("orig_pkts", types.Long).
	Add("orig_ip_bytes", types.Long).
	Add("resp_pkts", types.Long).
	Add("resp_ip_bytes", types.Long)
