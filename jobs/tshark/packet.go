package tshark

import "github.com/riffledata/riffle/dataframe/types"

// Packet is the schema of a packet as tshark -T json prints it, with the names of
// fields cut to what stands behind their protocol's, as Kafka recipes do: the
// layers frame, eth, ip and udp, all values text. A packet has only the layers of
// its protocols.
var Packet = types.NewSchema().
	Add("_index", types.String).
	Add("_type", types.String).
	Add("_score", types.String).
	Add("_source", types.NewSchema().Add("layers", layers).Struct())

var layers = types.NewSchema().
	Add("frame", text("encap_type", "time", "time_epoch", "time_delta", "time_relative", "number", "len", "cap_len", "protocols")).
	Add("eth", text("dst", "src", "type")).
	Add("ip", text("version", "hdr_len", "len", "id", "flags", "ttl", "proto", "checksum", "status",
		"src", "addr", "src_host", "host", "dst", "dst_host")).
	Add("udp", text("srcport", "dstport", "port", "length", "checksum", "status", "stream")).
	Struct()

// text is an object of texts.
func text(names ...string) types.Type {
	s := types.NewSchema()
	for _, name := range names {
		s = s.Add(name, types.String)
	}
	return s.Struct()
}
