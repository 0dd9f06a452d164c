package jobstest

import (
	"encoding/json"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// ZeekLines reads Zeek logs in the tab-separated form that match a pattern, in the
// order of their names, as lines of JSON: what Zeek would have written had it been
// told to. A field that is not set is left out.
func ZeekLines(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files match %s: %v", pattern, err)
	}
	var out, names, kinds []string
	for _, line := range Lines(t, paths...) {
		cells := strings.Split(line, "\t")
		switch {
		case cells[0] == "#fields":
			names = cells[1:]
		case cells[0] == "#types":
			kinds = cells[1:]
		case strings.HasPrefix(line, "#"):
		default:
			event := map[string]any{}
			for i, cell := range cells {
				if cell != "-" {
					event[names[i]] = zeekValue(cell, kinds[i])
				}
			}
			text, err := json.Marshal(event)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(text))
		}
	}
	return out
}

func zeekValue(cell, kind string) any {
	if elem, ok := strings.CutPrefix(kind, "vector["); ok {
		list := []any{}
		if cell != "(empty)" {
			for part := range strings.SplitSeq(cell, ",") {
				list = append(list, zeekValue(part, strings.TrimSuffix(elem, "]")))
			}
		}
		return list
	}
	switch kind {
	case "bool":
		return cell == "T"
	case "time", "interval", "double", "count", "int", "port":
		if _, err := strconv.ParseFloat(cell, 64); err == nil {
			return json.Number(cell)
		}
	}
	if cell == "(empty)" {
		return ""
	}
	return cell
}
