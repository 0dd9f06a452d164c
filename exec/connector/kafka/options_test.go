package kafka

import (
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
)

// TestOptions checks options against testdata/options.txt. Each line of input is
// key=value; the servers are given unless the command says "bare".
func TestOptions(t *testing.T) {
	datadriven.RunTest(t, "testdata/options.txt", func(t *testing.T, d *datadriven.TestData) string {
		p := NewProvider(FormatOptions(option.Spec{Key: "mode", Default: "PERMISSIVE"}))
		kv := strings.FieldsFunc(d.Input, func(r rune) bool { return r == '\n' })
		if !d.HasArg("bare") {
			kv = append(kv, "kafka.bootstrap.servers=b1:9092")
		}
		sp, err := spec(p, d.Cmd == "stream", kv...)
		if err == nil && d.HasArg("schema") {
			sp.Schema = types.NewSchema().Add("id", types.String)
		}
		var schema *types.Schema
		if err == nil {
			schema, err = p.Describe(ctxOf(t), sp)
		}
		if err != nil {
			return "error: " + err.Error()
		}
		format, _ := p.Decoding(sp)
		return schema.DDL() + "\nvalue.format=" + format
	})
}
