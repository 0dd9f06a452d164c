package exec_test

import (
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/exec/connector/console"
	"github.com/riffledata/riffle/exec/connector/file"
	"github.com/riffledata/riffle/exec/connector/kafka"
	"github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/connector/rate"
	"github.com/riffledata/riffle/exec/format/json"
	"github.com/riffledata/riffle/exec/option"
)

// Every option and setting says what it does, and no two are called alike.
func TestOptionsAreDocumented(t *testing.T) {
	lists := map[string][]option.Spec{
		"kafka source":   kafka.NewProvider(kafka.FormatOptions(json.OptionSpecs()...)).Options(),
		"json source":    file.NewProvider("json", json.OptionSpecs()).Options(),
		"rate source":    rate.NewProvider().Options(),
		"memory source":  memory.NewStreams().Options(),
		"memory sink":    memory.NewSinkProvider(memory.NewTables()).Options(),
		"console sink":   console.NewSinkProvider().Options(),
		"session's conf": nil,
	}
	for _, s := range engine.Settings() {
		lists["session's conf"] = append(lists["session's conf"], option.Spec{Key: s.Key, Default: s.Default, Doc: s.Doc})
		if _, err := (engine.Conf{}).Set(s.Key, s.Default); err != nil {
			t.Errorf("the default of %s is refused: %v", s.Key, err)
		}
	}
	for what, specs := range lists {
		seen := map[string]bool{}
		for _, s := range specs {
			if strings.TrimSpace(s.Doc) == "" || s.Key == "" {
				t.Errorf("the option %q of the %s has no doc", s.Key, what)
			}
			if low := strings.ToLower(s.Key); seen[low] {
				t.Errorf("the %s has two options called %s", what, s.Key)
			} else {
				seen[low] = true
			}
		}
	}
}
