package checkpoint

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// The goldens are what people read who have changed a query.
func TestCompatible(t *testing.T) {
	datadriven.RunTest(t, "testdata/compatible.txt", func(t *testing.T, d *datadriven.TestData) string {
		old := Meta{Format: 1, Hash: "xxh3", KeyGroups: 4096, Conf: map[string]string{"riffle.timeZone": "UTC", "spark.sql.ansi.enabled": "true"},
			Sources: []string{"kafka dns", "kafka conn"}, Mode: "update", Sink: "kafka",
			Operators: []json.RawMessage{json.RawMessage(`{"operator":"join-0","version":1}`), json.RawMessage(`{"operator":"aggregate-0","version":1}`)}}
		now := old
		var may Changes
		for _, line := range strings.Split(d.Input, "\n") {
			if line == "" {
				continue
			}
			if err := change(&now, &may, line); err != nil {
				t.Fatal(err)
			}
		}
		if err := Compatible(old, now, may); err != nil {
			return err.Error() + "\n"
		}
		return "goes on\n"
	})
}

// change sets one field, as in "mode complete".
func change(m *Meta, may *Changes, line string) error {
	key, value, _ := strings.Cut(line, " ")
	switch key {
	case "format":
		m.Format = 2
	case "groups":
		m.KeyGroups = 128
	case "mode":
		m.Mode = value
	case "sink":
		m.Sink = value
	case "sources":
		m.Sources = strings.Split(value, ", ")
	case "conf":
		k, v, _ := strings.Cut(value, "=")
		m.Conf = map[string]string{k: v}
	case "plan":
		m.Plan = value
	case "operators":
		m.Operators = nil
		for _, spec := range strings.Split(value, "; ") {
			if spec != "" {
				m.Operators = append(m.Operators, json.RawMessage(spec))
			}
		}
	case "declared":
		may.AddOperators = true
	case "diff":
		may.Diff = func(_, now json.RawMessage) error {
			if strings.Contains(string(now), "9") {
				return errors.New("aggregate-0: its state has version 1, and this program keeps version 9")
			}
			return nil
		}
	default:
		return errors.New("no such change: " + key)
	}
	return nil
}
