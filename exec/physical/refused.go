package physical

import (
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/source"
)

// whereabouts are the columns by which a report knows where a record came from.
var whereabouts = types.NewSchema(
	types.Field{Name: "topic", Type: types.String},
	types.Field{Name: "partition", Type: types.Int},
	types.Field{Name: "offset", Type: types.Long},
)

// refused reports a piece of the source that is left out: its records are bad, and one
// of them, without content, stands for all where records are kept.
func (s *Scan) refused(r source.Refused) error {
	at, err := types.Record(whereabouts, [][]any{{r.Topic, r.Partition, r.First}})
	if err != nil {
		return err
	}
	if err := s.Report.BadRecord(at, 0, nil, r.Cause); err != nil {
		return err
	}
	return s.Report.Records(r.Rows, r.Rows)
}
