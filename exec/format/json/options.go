package json

import (
	"time"

	"github.com/riffledata/riffle/exec/option"
)

// Mode is what a flawed record means.
type Mode uint8

// The modes, by Spark's names.
const (
	// Permissive keeps what it can: a flawed field is null, a malformed record is
	// reported, or a struct of nulls for from_json.
	Permissive Mode = iota
	// DropMalformed leaves out records with a flawed field as well.
	DropMalformed
	// FailFast fails the query at the first flaw.
	FailFast
)

// Options say how records are read. The zero value is Spark's defaults but for
// AllowSingleQuotes and AllowNonNumericNumbers, which DefaultOptions sets.
type Options struct {
	Mode Mode
	// MaxDepth bounds how deep objects and arrays are nested, the outermost being
	// 1. Default 128.
	MaxDepth int
	// TimeZone is that of timestamps without one. nil is UTC.
	TimeZone *time.Location
	// TimestampFormat, TimestampNTZFormat and DateFormat are the patterns of texts
	// in such columns. nil takes the forms that the package comment lists.
	TimestampFormat, TimestampNTZFormat, DateFormat *Pattern
	// CorruptColumn is the string column that gets the text of a record that is
	// malformed or has a flawed field, if the schema has it; such a record then is
	// a row. No key fills it. "" is none.
	CorruptColumn string
	// AllowSingleQuotes takes strings and keys in single quotes.
	AllowSingleQuotes bool
	// AllowNonNumericNumbers takes NaN, Infinity and INF, with a sign or without, bare
	// as numbers, and in quotes under float and double.
	AllowNonNumericNumbers bool
}

// DefaultOptions are what Spark does when no option is given.
func DefaultOptions() Options {
	return Options{MaxDepth: defaultMaxDepth, CorruptColumn: "_corrupt_record", AllowSingleQuotes: true,
		AllowNonNumericNumbers: true}
}

const defaultMaxDepth = 128

func (o Options) withDefaults() Options {
	if o.MaxDepth <= 0 {
		o.MaxDepth = defaultMaxDepth
	}
	return o
}

// OptionSpecs lists the options of reading JSON, of from_json and of readers alike.
func OptionSpecs() []option.Spec {
	return []option.Spec{
		{Key: "mode", Default: "PERMISSIVE", Doc: "What a flawed record means: PERMISSIVE makes flawed fields null, DROPMALFORMED leaves the record out, FAILFAST fails the query."},
		{Key: "columnNameOfCorruptRecord", Default: "_corrupt_record", Doc: "The string column that, if the schema has it, gets the text of flawed records."},
		{Key: "timestampFormat", Doc: "The pattern of timestamps, such as dd/MM/yyyy HH:mm:ss; unset takes ISO 8601 and seconds."},
		{Key: "timestampNTZFormat", Doc: "The pattern of timestamps without time zone; unset takes ISO 8601."},
		{Key: "dateFormat", Doc: "The pattern of dates, such as dd/MM/yyyy; unset takes yyyy-[M]M-[d]d."},
		{Key: "timeZone", Doc: "The time zone of timestamps that name none, such as Europe/Berlin or +02:00; unset is the session's."},
		{Key: "allowSingleQuotes", Default: "true", Doc: "Whether strings and keys may stand in single quotes."},
		{Key: "allowNonNumericNumbers", Default: "true", Doc: "Whether NaN, Infinity and INF are numbers."},
		{Key: "maxNestingDepth", Default: "128", Doc: "How deep objects and arrays may be nested."},
	}
}

// ParseOptions reads the options of OptionSpecs.
func ParseOptions(set option.Set) (Options, error) {
	var o Options
	mode, err := set.OneOf("mode", "PERMISSIVE", "DROPMALFORMED", "FAILFAST")
	if err != nil {
		return o, err
	}
	o.Mode = map[string]Mode{"DROPMALFORMED": DropMalformed, "FAILFAST": FailFast}[mode]
	o.CorruptColumn = set.Get("columnNameOfCorruptRecord")
	depth, err := set.Int("maxNestingDepth", 1)
	if err != nil {
		return o, err
	}
	o.MaxDepth = int(min(depth, 1<<20))
	if o.AllowSingleQuotes, err = set.Bool("allowSingleQuotes"); err != nil {
		return o, err
	}
	if o.AllowNonNumericNumbers, err = set.Bool("allowNonNumericNumbers"); err != nil {
		return o, err
	}
	o.TimestampFormat, o.TimestampNTZFormat, o.DateFormat, err = formats(set)
	if err != nil {
		return o, err
	}
	o.TimeZone, err = zone(set)
	return o, err
}

// ParseValueOptions is ParseOptions for from_json, which cannot leave a row out:
// the mode DROPMALFORMED is an error.
func ParseValueOptions(set option.Set) (Options, error) {
	o, err := ParseOptions(set)
	if err == nil && o.Mode == DropMalformed {
		return o, &option.Error{Key: "mode", Msg: "from_json cannot leave rows out; use PERMISSIVE or FAILFAST, or a source that parses"}
	}
	return o, err
}
