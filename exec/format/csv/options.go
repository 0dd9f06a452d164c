package csv

import (
	"fmt"
	"unicode/utf8"

	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/option"
)

// WriteOptions say how lines are written.
type WriteOptions struct {
	// Text says how dates and times are written.
	json.WriteOptions
	// Sep stands between fields; it has at least one byte.
	Sep string
	// Quote is the quote, 0 for none; Escape stands before a quote in quotes.
	Quote, Escape byte
	// Null and Empty stand for null and for the empty text.
	Null, Empty string
	// QuoteAll puts each text in quotes.
	QuoteAll bool
}

// WriteOptionSpecs lists the options of writing lines.
func WriteOptionSpecs() []option.Spec {
	return []option.Spec{
		{Key: "sep", Default: ",", Doc: "What stands between fields."},
		{Key: "quote", Default: `"`, Doc: "The quote around fields that need it, one character."},
		{Key: "escape", Default: `\`, Doc: "What stands before a quote in quotes, one character."},
		{Key: "nullValue", Doc: "What is written for null."},
		{Key: "emptyValue", Doc: "What is written for the empty text; unset writes two quotes."},
		{Key: "quoteAll", Default: "false", Doc: "Whether all texts are in quotes."},
		{Key: "timestampFormat", Doc: "The pattern of timestamps; unset writes 2024-01-15T10:30:00.000Z."},
		{Key: "timestampNTZFormat", Doc: "The pattern of timestamps without time zone; unset writes 2024-01-15T10:30:00.000."},
		{Key: "dateFormat", Doc: "The pattern of dates; unset writes 2024-01-15."},
		{Key: "timeZone", Doc: "The time zone timestamps are written in; unset is the session's."},
	}
}

// ParseWriteOptions reads the options of WriteOptionSpecs.
func ParseWriteOptions(set option.Set) (WriteOptions, error) {
	o := WriteOptions{Sep: set.Get("sep"), Null: set.Get("nullValue"), Empty: set.Get("emptyValue")}
	var err error
	if o.WriteOptions, err = json.ParseWriteOptions(set); err != nil {
		return o, err
	}
	if o.QuoteAll, err = set.Bool("quoteAll"); err != nil {
		return o, err
	}
	if o.Quote, err = oneByte(set, "quote"); err != nil {
		return o, err
	}
	if o.Escape, err = oneByte(set, "escape"); err != nil {
		return o, err
	}
	if !set.Given("emptyValue") {
		o.Empty = string([]byte{o.Quote, o.Quote})
	}
	if o.Sep == `\t` {
		o.Sep = "\t"
	}
	return o, checkSep(o)
}

func checkSep(o WriteOptions) error {
	for i := range len(o.Sep) {
		if b := o.Sep[i]; b == o.Quote || b == o.Escape || b == '\n' || b == '\r' {
			return &option.Error{Key: "sep", Msg: fmt.Sprintf("%q cannot be told from a quote or the end of a line; use another", o.Sep)}
		}
	}
	if o.Sep == "" {
		return &option.Error{Key: "sep", Msg: "is empty; give one character or more"}
	}
	return nil
}

func oneByte(set option.Set, key string) (byte, error) {
	text := set.Get(key)
	if len(text) != 1 || text[0] >= utf8.RuneSelf || text[0] == '\n' || text[0] == '\r' {
		return 0, &option.Error{Key: key, Msg: fmt.Sprintf("%q is not one ASCII character", text)}
	}
	return text[0], nil
}
