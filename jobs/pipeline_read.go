package jobs

import (
	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
)

// records reads the inputs from where the pipeline was told.
func (p *Pipeline) records(s *dataframe.Session) Records {
	out := Records{}
	for i, in := range p.Inputs {
		if p.fromFiles() {
			out[in.Name] = in.lines(s, p.files[i])
		} else {
			out[in.Name] = in.values(p.topic(s, p.topics[i]))
		}
	}
	return out
}

// lines reads files.
func (in Input) lines(s *dataframe.Session, paths []string) *dataframe.DataFrame {
	rows := s.ReadStream().Format("json").Schema(in.Schema).Option("maxFilesPerTrigger", 1_000_000).Load(paths...)
	if in.Key != "" {
		rows = rows.WithColumn(in.Key, fn.Lit(nil).Cast(types.String))
	}
	return rows
}

// topic reads a topic as it is.
func (p *Pipeline) topic(s *dataframe.Session, name string) *dataframe.DataFrame {
	options, err := p.options()
	if err != nil {
		options = nil // check has told it
	}
	r := s.ReadStream().Format("kafka").
		Options(options).
		Option("kafka.bootstrap.servers", p.brokers).
		Option("subscribe", name).
		Option("startingOffsets", p.offsets)
	if p.perBatch > 0 {
		r = r.Option("maxOffsetsPerTrigger", p.perBatch)
	}
	return r.Load()
}

// values turns the bytes of Kafka's records into columns.
func (in Input) values(records *dataframe.DataFrame) *dataframe.DataFrame {
	cols := []dataframe.Column{fn.FromJSON(fn.Col("value").Cast("string"), in.Schema).Alias("data")}
	keep := []dataframe.Column{fn.Col("data.*")}
	if in.Key != "" {
		cols = append(cols, fn.Col("key").Cast("string").Alias(in.Key))
		keep = append(keep, fn.Col(in.Key))
	}
	return records.Select(cols...).Select(keep...)
}
