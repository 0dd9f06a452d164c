package kafka

import (
	"context"
	"fmt"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

// Option sets up the provider.
type Option func(*provider)

// FormatOptions adds the options of the formats that value.format may name
// (mode and its like): they are accepted where value.format is set, and left to
// whoever decodes.
func FormatOptions(specs ...option.Spec) Option {
	return func(p *provider) { p.formats = append(p.formats, specs...) }
}

// OnDataLoss sets a function that is told of each piece of data that was lost
// and skipped because of failOnDataLoss=false. It may be called from several
// tasks at once, and must not block.
func OnDataLoss(f func(Loss)) Option { return func(p *provider) { p.lost = f } }

// NewProvider returns the provider of the format "kafka". Its sources give the
// columns of Spark's Kafka source, in its order and all nullable: key, value,
// topic, partition, offset, timestamp, timestampType, and headers if asked for.
func NewProvider(opts ...Option) source.RawProvider {
	p := &provider{lost: func(Loss) {}}
	for _, o := range opts {
		o(p)
	}
	return p
}

type provider struct {
	formats []option.Spec
	lost    func(Loss)
}

// Format returns "kafka".
func (p *provider) Format() string { return "kafka" }

// Options lists the source's options, those of formats, and those that are
// known only to be refused with a reason.
func (p *provider) Options() []option.Spec {
	out := append([]option.Spec(nil), optionSpecs...)
	return append(append(out, p.formats...), foreignSpecs()...)
}

// Decoding returns the value.format, or "".
func (p *provider) Decoding(spec source.Spec) (string, error) {
	switch format := lower(spec.Options.Get("value.format")); format {
	case "json", "":
		for _, s := range p.formats {
			if format == "" && spec.Options.Given(s.Key) {
				return "", &option.Error{Key: s.Key, Msg: "has no use without value.format"}
			}
		}
		return format, nil
	default:
		return "", &option.Error{Key: "value.format", Msg: fmt.Sprintf("%q is not a format of record values%s; it takes json",
			format, types.DidYouMean(format, []string{"json"}))}
	}
}

// Describe checks the options without asking a broker.
func (p *provider) Describe(_ context.Context, spec source.Spec) (*types.Schema, error) {
	c, err := p.config(spec)
	if err != nil {
		return nil, err
	}
	return schemaOf(c, spec)
}

// Open connects, and finds the topics: an unreachable broker or a missing topic
// is an error here.
func (p *provider) Open(ctx context.Context, spec source.Spec) (source.Source, error) {
	c, err := p.config(spec)
	if err != nil {
		return nil, err
	}
	schema, err := schemaOf(c, spec)
	if err != nil {
		return nil, err
	}
	return openSource(ctx, c, schema, spec.Views, p.lost)
}

func (p *provider) config(spec source.Spec) (*config, error) {
	if _, err := p.Decoding(spec); err != nil {
		return nil, err
	}
	return parseConfig(spec)
}

var headerType = types.Array{ContainsNull: true, Elem: types.Struct{Fields: []types.Field{
	{Name: "key", Type: types.String, Nullable: true}, {Name: "value", Type: types.Binary, Nullable: true},
}}}

// schemaOf returns the columns that are wanted, in the order wanted.
func schemaOf(c *config, spec source.Spec) (*types.Schema, error) {
	all := types.NewSchema().Add("key", types.Binary).Add("value", types.Binary).Add("topic", types.String).
		Add("partition", types.Int).Add("offset", types.Long).Add("timestamp", types.Timestamp).Add("timestampType", types.Int)
	if c.headers {
		all = all.Add("headers", headerType)
	}
	if spec.Schema != nil && c.format == "" {
		return nil, fmt.Errorf("the kafka source has columns of its own and takes no schema; set value.format to decode the values by it")
	}
	if spec.Columns == nil {
		return all, nil
	}
	var fields []types.Field
	for _, name := range spec.Columns {
		i, err := all.Index(name)
		if err != nil {
			return nil, err
		}
		if i < 0 {
			return nil, fmt.Errorf("the kafka source has no column %s%s", name, types.DidYouMean(name, all.Names()))
		}
		fields = append(fields, all.Field(i))
	}
	return types.NewSchema(fields...), nil
}
