package json

import (
	"strings"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
)

// WriteOptions say how JSON is written.
type WriteOptions struct {
	// IgnoreNullFields leaves null fields of objects out; elements of arrays and
	// values of maps are written as null all the same.
	IgnoreNullFields bool
	// SortKeys writes the keys of objects in the order of their bytes, not of the type.
	SortKeys bool
	// TimeZone is the one timestamps are written in. nil is UTC.
	TimeZone *time.Location
	// TimestampFormat, TimestampNTZFormat and DateFormat are the patterns of such
	// columns; nil means ISO 8601.
	TimestampFormat, TimestampNTZFormat, DateFormat *Pattern
}

// DefaultWriteOptions are Spark's for to_json and its JSON writer.
func DefaultWriteOptions() WriteOptions { return WriteOptions{IgnoreNullFields: true} }

// WriteOptionSpecs lists the options of writing JSON.
func WriteOptionSpecs() []option.Spec {
	return []option.Spec{
		{Key: "ignoreNullFields", Default: "true", Doc: "Whether null fields of objects are left out."},
		{Key: "sortKeys", Default: "false", Doc: "Whether the keys of objects are sorted."},
		{Key: "timestampFormat", Doc: "The pattern of timestamps; unset writes 2024-01-15T10:30:00.000Z."},
		{Key: "timestampNTZFormat", Doc: "The pattern of timestamps without time zone; unset writes 2024-01-15T10:30:00.000."},
		{Key: "dateFormat", Doc: "The pattern of dates; unset writes 2024-01-15."},
		{Key: "timeZone", Doc: "The time zone timestamps are written in; unset is the session's."},
	}
}

// ParseWriteOptions reads the options of WriteOptionSpecs.
func ParseWriteOptions(set option.Set) (WriteOptions, error) {
	var o WriteOptions
	var err error
	if o.IgnoreNullFields, err = set.Bool("ignoreNullFields"); err != nil {
		return o, err
	}
	if o.SortKeys, err = set.Bool("sortKeys"); err != nil {
		return o, err
	}
	o.TimestampFormat, o.TimestampNTZFormat, o.DateFormat, err = formats(set)
	if err != nil {
		return o, err
	}
	o.TimeZone, err = zone(set)
	return o, err
}

// formats reads the patterns, which reading and writing share.
func formats(set option.Set) (timestamp, ntz, date *Pattern, err error) {
	for _, f := range []struct {
		key     string
		to      **Pattern
		refused string // letters without meaning for such a column
	}{
		{"timestampFormat", &timestamp, ""}, {"timestampNTZFormat", &ntz, "XxZV"}, {"dateFormat", &date, "XxZVHmsS"},
	} {
		text := set.Get(f.key)
		if text == "" {
			continue
		}
		if *f.to, err = ParsePattern(text); err != nil {
			return nil, nil, nil, &option.Error{Key: f.key, Msg: err.Error()}
		}
		for _, p := range (*f.to).parts {
			if p.letter != 0 && strings.IndexByte(f.refused, p.letter) >= 0 {
				return nil, nil, nil, &option.Error{Key: f.key, Msg: "the letter " + string(p.letter) + " has no meaning there; leave it out"}
			}
		}
	}
	return timestamp, ntz, date, nil
}

func zone(set option.Set) (*time.Location, error) {
	name := strings.TrimSpace(set.Get("timeZone"))
	if name == "" {
		return nil, nil
	}
	loc, err := types.LoadZone(name)
	if err != nil {
		return nil, &option.Error{Key: "timeZone", Msg: err.Error()}
	}
	return loc, nil
}
