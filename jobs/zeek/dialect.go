package zeek

import (
	"strings"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
)

// Record is the schema of a record of a log as the usual producers write it: beside
// each column with a dot in its name stands the one of shippers that cannot have
// dots (id_orig_h beside id.orig_h), and where several logs share a stream,
// @stream or _path says which one a record is of.
func Record(log *types.Schema) *types.Schema {
	out := log.Add("@stream", types.String).Add("_path", types.String)
	for _, f := range log.Fields() {
		if strings.Contains(f.Name, ".") {
			out = out.Add(underscored(f.Name), f.Type)
		}
	}
	return out
}

func underscored(name string) string { return strings.ReplaceAll(name, ".", "_") }

// Events turns records of any dialect into the events of a log: its columns and
// time, which is ts as a timestamp. Records of other logs are left out.
func Events(records *dataframe.DataFrame, name string, log *types.Schema) *dataframe.DataFrame {
	stream := fn.Coalesce(fn.Col("`@stream`"), fn.Col("_path"), fn.Lit(name))
	cols := []dataframe.Column{Time(fn.Col("ts")).Alias("time")}
	for _, f := range log.Fields() {
		column := fn.Col("`" + f.Name + "`")
		if strings.Contains(f.Name, ".") {
			column = fn.Coalesce(column, fn.Col(underscored(f.Name))).Alias(f.Name)
		}
		cols = append(cols, column)
	}
	return records.Filter(stream.Eq(name)).Select(cols...)
}

// Time is a text such as ts as a timestamp, exact to the microsecond: seconds
// since 1970, or a text in ISO 8601. It is null where it is neither.
func Time(text dataframe.Column) dataframe.Column {
	seconds := text.TryCast(types.Decimal{Precision: 18, Scale: 6}).Cast(types.Timestamp)
	return fn.Coalesce(seconds, text.TryCast(types.Timestamp))
}
