package kafka

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/format/csv"
	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

// rowFormat encodes rows of some columns.
type rowFormat interface {
	AppendRow(dst []byte, cols []arrow.Array, row int) []byte
}

// sinkColumns says how the columns of a result become records. A number is that
// of a column, -1 where there is none.
type sinkColumns struct {
	key, value, topic, partition, headers int

	format    rowFormat // of the value, with valueCols; nil: the column value
	valueCols []int
	keyFormat rowFormat // of the key, with keyCols; nil: the column key
	keyCols   []int
	show      string // how a change is shown in the value: json, csv; "" not at all
	sep       string // of csv
	delete    bool   // a change of -1 is a tombstone
}

func parseColumns(spec sink.Spec, topicGiven bool) (*sinkColumns, error) {
	c := &sinkColumns{key: -1, value: -1, topic: -1, partition: -1, headers: -1}
	format, err := parseFormat(spec)
	if err != nil {
		return nil, err
	}
	all, err := parseWhich(spec, format)
	if err != nil {
		return nil, err
	}
	rest := c.find(spec.Schema, format == "", all)
	if format == "" {
		err = c.checkValue(spec, rest)
	} else {
		err = c.formatValue(spec, format, rest)
	}
	if err == nil {
		err = c.formatKey(spec, format)
	}
	if err == nil {
		err = c.checkTypes(spec, topicGiven)
	}
	if err == nil {
		err = c.changes(spec, format)
	}
	return c, err
}

// parseWhich tells whether all columns are in the value.
func parseWhich(spec sink.Spec, format string) (bool, error) {
	if !spec.Options.Given("value.columns") {
		return aside(spec), nil
	}
	if format == "" {
		return false, &option.Error{Key: "value.columns", Msg: "has no use without value.format"}
	}
	which, err := spec.Options.OneOf("value.columns", "rest", "all")
	return which == "all", err
}

// find gives their roles to the columns that have one by name, and returns the
// others.
func (c *sinkColumns) find(s *types.Schema, plain, all bool) []int {
	roles := map[string]*int{"key": &c.key, "headers": &c.headers, "topic": &c.topic, "partition": &c.partition}
	if plain {
		roles["value"] = &c.value
	}
	var rest []int
	for i := range s.Len() {
		at := roles[lower(s.Field(i).Name)]
		if at == nil || all || *at >= 0 {
			rest = append(rest, i)
			continue
		}
		*at = i
	}
	return rest
}

// checkValue refuses a result that is not made of the sink's own columns.
func (c *sinkColumns) checkValue(spec sink.Spec, rest []int) error {
	names := strings.Join(spec.Schema.Names(), ", ")
	switch {
	case c.value < 0:
		return fmt.Errorf("the kafka sink needs a column value in (%s); set the option value.format to json to write whole rows, or select one", names)
	case len(rest) > 0:
		return fmt.Errorf("the kafka sink writes the columns key, value, headers, topic and partition, and not %s; select those it takes, or set the option value.format to json",
			types.QuoteIfNeeded(spec.Schema.Field(rest[0]).Name))
	case spec.Options.Given("key.format"):
		return &option.Error{Key: "key.format", Msg: "has no use without value.format; give a column key"}
	}
	for _, o := range append(json.WriteOptionSpecs(), csv.WriteOptionSpecs()...) {
		if spec.Options.Given(o.Key) {
			return &option.Error{Key: o.Key, Msg: "has no use without value.format"}
		}
	}
	return nil
}

func (c *sinkColumns) formatValue(spec sink.Spec, format string, rest []int) error {
	if len(rest) == 0 {
		return fmt.Errorf("nothing is left of (%s) for the value of a record; set value.columns to all", strings.Join(spec.Schema.Names(), ", "))
	}
	c.valueCols = rest
	var err error
	c.format, err = newRowFormat(spec, format, rest)
	if e, ok := c.format.(*csv.Encoder); ok && err == nil {
		c.sep = e.Sep()
	}
	return err
}

func newRowFormat(spec sink.Spec, format string, cols []int) (rowFormat, error) {
	fields := make([]types.Field, len(cols))
	for i, col := range cols {
		fields[i] = spec.Schema.Field(col)
	}
	t := types.Struct{Fields: fields}
	own, other := json.WriteOptionSpecs(), csv.WriteOptionSpecs()
	if format == "csv" {
		own, other = other, own
	}
	for _, o := range other {
		shared := slices.ContainsFunc(own, func(s option.Spec) bool { return s.Key == o.Key })
		if !shared && spec.Options.Given(o.Key) {
			return nil, &option.Error{Key: o.Key, Msg: "has no use with value.format " + format}
		}
	}
	if format == "csv" {
		opts, err := csv.ParseWriteOptions(spec.Options)
		if err != nil {
			return nil, err
		}
		if opts.TimeZone == nil {
			opts.TimeZone = spec.Zone
		}
		return csv.NewEncoder(t, opts)
	}
	opts, err := json.ParseWriteOptions(spec.Options)
	if err != nil {
		return nil, err
	}
	if opts.TimeZone == nil {
		opts.TimeZone = spec.Zone
	}
	return json.NewEncoder(t, opts)
}

// formatKey makes the key of columns: those of the option, else those that
// identify a row in mode update.
func (c *sinkColumns) formatKey(spec sink.Spec, format string) error {
	keyed := spec.Mode == sink.Update && len(spec.Keys) > 0 && c.key < 0 && format != ""
	names := spec.Options.Get("key.columns")
	if !keyed && !spec.Options.Given("key.format") {
		if names != "" {
			return &option.Error{Key: "key.columns", Msg: "has no use without key.format"}
		}
		return nil
	}
	if _, err := spec.Options.OneOf("key.format", "json"); err != nil && spec.Options.Given("key.format") {
		return err
	}
	if c.key >= 0 {
		return &option.Error{Key: "key.format", Msg: "the result has a column key, which is the key already; leave out one of the two"}
	}
	c.keyCols = slices.Clone(spec.Keys)
	if names != "" {
		c.keyCols = nil
	}
	for _, name := range strings.Split(names, ",") {
		if names == "" {
			break
		}
		i, err := spec.Schema.Index(strings.TrimSpace(name))
		if err != nil || i < 0 {
			return &option.Error{Key: "key.columns", Msg: fmt.Sprintf("no column %q in (%s)%s", name, strings.Join(spec.Schema.Names(), ", "), types.DidYouMean(name, spec.Schema.Names()))}
		}
		c.keyCols = append(c.keyCols, i)
	}
	if len(c.keyCols) == 0 {
		return &option.Error{Key: "key.format", Msg: "the result has no columns that identify a row; name some in key.columns"}
	}
	fields := make([]types.Field, len(c.keyCols))
	for i, col := range c.keyCols {
		fields[i] = spec.Schema.Field(col)
	}
	opts := json.DefaultWriteOptions()
	opts.IgnoreNullFields, opts.TimeZone = false, spec.Zone // all keys have all fields
	var err error
	c.keyFormat, err = json.NewEncoder(types.Struct{Fields: fields}, opts)
	return err
}

func (c *sinkColumns) checkTypes(spec sink.Spec, topicGiven bool) error {
	for _, f := range []struct {
		at   int
		want string
		ok   func(types.Type) bool
	}{
		{c.key, "string or binary", isText}, {c.value, "string or binary", isText}, {c.topic, "string", func(t types.Type) bool { return t == types.String }},
		{c.partition, "int", func(t types.Type) bool { return t == types.Int }}, {c.headers, "array<struct<key:string,value:binary>>", isHeaders},
	} {
		if f.at >= 0 && !f.ok(spec.Schema.Field(f.at).Type) {
			col := spec.Schema.Field(f.at)
			return fmt.Errorf("the kafka sink takes a column %s of type %s, and not of %s; cast it, or give it another name", col.Name, f.want, col.Type.Name())
		}
	}
	if c.topic < 0 && !topicGiven {
		return &option.Error{Key: "topic", Msg: "is needed: the topic to write to, unless the result has a column topic"}
	}
	return nil
}

func isText(t types.Type) bool { return t == types.String || t == types.Binary }

func isHeaders(t types.Type) bool {
	a, ok := t.(types.Array)
	if !ok {
		return false
	}
	s, ok := a.Elem.(types.Struct)
	return ok && len(s.Fields) == 2 && strings.EqualFold(s.Fields[0].Name, "key") && s.Fields[0].Type == types.String &&
		strings.EqualFold(s.Fields[1].Name, "value") && s.Fields[1].Type == types.Binary
}

// changes decides how rows that are taken back are shown.
func (c *sinkColumns) changes(spec sink.Spec, format string) error {
	if spec.Mode == sink.Update && len(spec.Keys) > 0 {
		if c.key < 0 && c.keyFormat == nil {
			return fmt.Errorf("output mode update deletes rows by their key; add a column key, or set value.format and key.format to json")
		}
		c.delete = true
		return nil
	}
	if !spec.Changes {
		return nil
	}
	if c.show = format; format == "" {
		return fmt.Errorf("rows of this result may be taken back, which a column value does not show; set value.format to json, whose values then have a field %s", sink.ChangeColumn)
	}
	return nil
}
