package main

import (
	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/jobs"
	"github.com/riffledata/riffle/jobs/tshark"
	"github.com/riffledata/riffle/jobs/tshark/gen"
)

const usage = `watchlist finds the packets that the computers of watched employees send.

Usage:
  watchlist                        made-up packets, an embedded broker
  watchlist --brokers HOST:PORT    a real Kafka, topics pcap, employees and computers
  watchlist --pcap pcap.json --employees employees.json --computers computers.json --available-now
`

func main() { pipeline().Main() }

// id is the column of the key of Kafka's records.
const id = "id"

var (
	employee = types.NewSchema().Add("key", types.String).Add("name", types.String).Add("watch_flag", types.String)
	computer = types.NewSchema().Add("comp_id", types.Int).Add("empkey", types.String).Add("macaddr", types.String)
)

func pipeline() *jobs.Pipeline {
	var o options
	return &jobs.Pipeline{
		Table: "watched_traffic",
		About: usage,
		Inputs: []jobs.Input{
			{Name: "employees", What: "employees", Schema: employee, Key: id, MadeUp: gen.Employees},
			{Name: "computers", What: "employees' computers", Schema: computer, Key: id, MadeUp: gen.Computers},
			{Name: "pcap", What: "packets as tshark writes them", Schema: tshark.Packet, MadeUp: gen.Packets},
		},
		Flags: func(f *jobs.Flags) {
			f.String(&o.protocols, "protocols", "%", "only packets whose protocols are like this, such as %http")
		},
		Query: func(in jobs.Records) (*dataframe.DataFrame, error) {
			return watched(in["pcap"], watchedComputers(in["employees"], in["computers"]), o), nil
		},
		Order: func() string { return "frame_number, eth_src" },
	}
}
