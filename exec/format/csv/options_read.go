package csv

import (
	"fmt"
	"unicode/utf8"

	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/option"
)

// Options say how lines are read.
type Options struct {
	// Of these count the mode, the column of bad records, and how dates and times
	// are written.
	json.Options
	// Sep stands between fields; it has at least one byte.
	Sep string
	// Quote is the quote; Escape stands before a quote in quotes.
	Quote, Escape byte
	// Null is the text that means null without quotes, beside nothing at all.
	Null string
	// Comment is the first character of lines that are left out; 0 for none.
	Comment byte
	// TrimLeft and TrimRight leave out white space around fields.
	TrimLeft, TrimRight bool
	// Header says that the first record of a file names the columns. It does not
	// matter, unless CheckHeader asks that they be those declared.
	Header, CheckHeader bool
	// MultiLine lets line ends stand in quotes.
	MultiLine bool
}

// OptionSpecs lists the options of reading CSV.
func OptionSpecs() []option.Spec {
	return []option.Spec{
		{Key: "sep", Default: ",", Doc: "What stands between fields."},
		{Key: "quote", Default: `"`, Doc: "The quote around fields, one character."},
		{Key: "escape", Default: `\`, Doc: "What stands before a quote in quotes, one character."},
		{Key: "nullValue", Doc: "The text that means null where it stands without quotes, as nothing at all does."},
		{Key: "comment", Doc: "The first character of lines that are left out."},
		{Key: "header", Default: "false", Doc: "Whether the first line of each file has the names of the columns."},
		{Key: "enforceSchema", Default: "true", Doc: "Whether columns go by the declared schema alone; if not, a header must have its names."},
		{Key: "multiLine", Default: "false", Doc: "Whether line ends may stand in quotes; a file is then read by one task."},
		{Key: "ignoreLeadingWhiteSpace", Default: "false", Doc: "Whether white space before a field is left out."},
		{Key: "ignoreTrailingWhiteSpace", Default: "false", Doc: "Whether white space behind a field is left out."},
		{Key: "mode", Default: "PERMISSIVE", Doc: "What a flawed record means: PERMISSIVE makes flawed fields null, DROPMALFORMED leaves the record out, FAILFAST fails the query."},
		{Key: "columnNameOfCorruptRecord", Default: "_corrupt_record", Doc: "The string column that, if the schema has it, gets the text of flawed records."},
		{Key: "timestampFormat", Doc: "The pattern of timestamps, such as dd/MM/yyyy HH:mm:ss; unset takes ISO 8601."},
		{Key: "timestampNTZFormat", Doc: "The pattern of timestamps without time zone; unset takes ISO 8601."},
		{Key: "dateFormat", Doc: "The pattern of dates, such as dd/MM/yyyy; unset takes yyyy-[M]M-[d]d."},
		{Key: "timeZone", Doc: "The time zone of timestamps that name none, such as Europe/Berlin or +02:00; unset is the session's."},
	}
}

// ParseOptions reads the options of OptionSpecs.
func ParseOptions(set option.Set) (Options, error) {
	o := Options{Sep: set.Get("sep"), Null: set.Get("nullValue")}
	var err error
	if o.Options, err = json.ParseOptions(set); err != nil {
		return o, err
	}
	if o.Quote, err = oneByte(set, "quote"); err != nil {
		return o, err
	}
	if o.Escape, err = oneByte(set, "escape"); err != nil {
		return o, err
	}
	if set.Get("comment") != "" {
		if o.Comment, err = oneByte(set, "comment"); err != nil {
			return o, err
		}
	}
	enforce := false
	for key, to := range map[string]*bool{"header": &o.Header, "enforceSchema": &enforce, "multiLine": &o.MultiLine,
		"ignoreLeadingWhiteSpace": &o.TrimLeft, "ignoreTrailingWhiteSpace": &o.TrimRight} {
		if *to, err = set.Bool(key); err != nil {
			return o, err
		}
	}
	o.CheckHeader = o.Header && !enforce
	if o.Sep == `\t` {
		o.Sep = "\t"
	}
	if !utf8.ValidString(o.Sep) {
		return o, &option.Error{Key: "sep", Msg: fmt.Sprintf("%q is not UTF-8", o.Sep)}
	}
	return o, checkSep(WriteOptions{Sep: o.Sep, Quote: o.Quote, Escape: o.Escape})
}
