package types

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

func TestDDL(t *testing.T) {
	datadriven.RunTest(t, "testdata/ddl.txt", func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "type":
			typ, err := ParseType(d.Input)
			if err != nil {
				return err.Error()
			}
			return typ.Name()
		default:
			s, err := ParseDDL(d.Input)
			if err != nil {
				return err.Error()
			}
			return s.DDL()
		}
	})
}

func TestDDLRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewSchema(drawFields(t, 3)...)
		got, err := ParseDDL(s.DDL())
		if err != nil || !got.Equal(s) {
			t.Fatalf("%s came back as %v, %v", s.DDL(), got, err)
		}
		byName, err := ParseType(Struct{drawFields(t, 0)}.Name())
		if err != nil {
			t.Fatal(byName, err)
		}
	})
}

func drawFields(t *rapid.T, depth int) []Field {
	fields := make([]Field, rapid.IntRange(1, 4).Draw(t, "n"))
	for i := range fields {
		name := rapid.StringMatching("[a-zA-Z0-9_.`<>:, ü]{1,8}").Draw(t, "name")
		fields[i] = Field{name, drawType(t, depth), rapid.Bool().Draw(t, "nullable")}
	}
	return fields
}

func drawType(t *rapid.T, depth int) Type {
	kind := rapid.IntRange(0, 6).Draw(t, "kind")
	if depth == 0 {
		kind %= 3
	}
	switch kind {
	case 3:
		return Array{drawType(t, depth-1), true}
	case 4:
		return Map{drawType(t, 0), drawType(t, depth-1), true}
	case 5, 6:
		return Struct{drawFields(t, depth-1)}
	case 2:
		p := rapid.IntRange(1, MaxPrecision).Draw(t, "precision")
		return Decimal{p, rapid.IntRange(0, p).Draw(t, "scale")}
	}
	return rapid.SampledFrom([]Type{Void, Boolean, Byte, Short, Int, Long, Float, Double, String, Binary, Date, Timestamp, TimestampNTZ, Interval}).Draw(t, "basic")
}

func FuzzParseDDL(f *testing.F) {
	for _, seed := range []string{"a INT", "struct<a:int,b:array<map<string,decimal(3,1)>>>", "`a``b` STRING NOT NULL COMMENT 'it\\'s'", "a timestamp with local time zone"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseDDL(text)
		if err != nil {
			var e *DDLError
			if !errors.As(err, &e) || e.Pos < 1 || e.Pos > len(text)+1 {
				t.Fatalf("%q: bad error %v", text, err)
			}
			return
		}
		if s.Len() == 0 {
			return // struct<>: no column, no text
		}
		if again, err := ParseDDL(s.DDL()); err != nil || !again.Equal(s) {
			t.Fatalf("%q: %s came back as %v, %v", text, s.DDL(), again, err)
		}
	})
}

// TestDDLConformance reads the collected texts that Spark's parser takes or
// refuses. Types that do not exist here are left out.
func TestDDLConformance(t *testing.T) {
	root := os.Getenv("RIFFLE_TESTDATA")
	if root == "" {
		t.Skip("RIFFLE_TESTDATA names no folder with conformance data")
	}
	f, err := os.Open(filepath.Join(root, "conformance/spark/ddl.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var c struct {
			ID, Kind, Query string
			Accept          bool
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		low := strings.ToLower(c.Query)
		if c.Accept && (strings.Contains(low, "char(") || strings.Contains(low, "character(") || strings.HasPrefix(low, "time") && !strings.HasPrefix(low, "timestamp") || low == "interval year to month") {
			continue // no type here keeps a length, a time of day or a span of months
		}
		var err error
		if c.Kind == "data_type" {
			_, err = ParseType(c.Query)
		} else {
			_, err = ParseDDL(c.Query)
		}
		if (err == nil) != c.Accept {
			t.Errorf("%s: %q: accept %t, but %v", c.ID, c.Query, c.Accept, err)
		}
	}
}
