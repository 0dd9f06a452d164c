package main

import (
	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/jobs"
	"github.com/riffledata/riffle/jobs/tshark"
	"github.com/riffledata/riffle/jobs/tshark/gen"
)

const usage = `wifiprobes tells devices by the way they look for wireless networks.

Usage:
  wifiprobes                                    made-up frames, an embedded broker
  wifiprobes --result daily                     frames by day and subtype instead
  wifiprobes --brokers HOST:PORT                a real Kafka, topic frames
  wifiprobes --frames pcap.jsonl --available-now files, plain or .gz
`

func main() { pipeline().Main() }

func pipeline() *jobs.Pipeline {
	var o options
	return &jobs.Pipeline{
		Table:  "wifi",
		About:  usage,
		Inputs: []jobs.Input{{Name: "frames", What: "frames as tshark writes them", Schema: tshark.WLAN, MadeUp: gen.Frames}},
		Flags: func(f *jobs.Flags) {
			f.Choice(&o.result, "result", fingerprints, "what to compute", fingerprints, daily)
			f.String(&o.late, "late", "10 minutes", "how late a frame may come after later ones")
		},
		Query: func(in jobs.Records) (*dataframe.DataFrame, error) {
			if o.result == daily {
				return byDay(frames(in["frames"], o)), nil
			}
			return byFingerprint(frames(in["frames"], o)), nil
		},
		Mode: func() plan.OutputMode {
			if o.result == daily {
				return dataframe.Complete
			}
			return dataframe.Append
		},
		Order: func() string {
			if o.result == daily {
				return "day, subtype"
			}
			return "first_probe, vendor_data, oui_type, oui"
		},
	}
}
