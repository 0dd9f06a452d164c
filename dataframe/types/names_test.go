package types

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

func TestNearest(t *testing.T) {
	names := []string{"id.orig_h", "bytes", "byte_count", "ts", "a", "subscribePattern"}
	for name, want := range map[string]string{"byts": "[bytes]", "BYTES": "[bytes]", "id_orig_h": "[id.orig_h]", "st": "[ts]", "b": "[]", "A": "[a]",
		"subscribepatern": "[subscribePattern]", "nothing": "[]", "": "[]"} {
		if got := fmt.Sprint(Nearest(name, names)); got != want {
			t.Errorf("near %q is %s, want %s", name, got, want)
		}
	}
	if got := DidYouMean("id.orig", names); got != "; did you mean `id.orig_h`?" {
		t.Error(got)
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"1m30s": 90 * time.Second, "10 seconds": 10 * time.Second, "interval 1 hour 30 minutes": 90 * time.Minute,
		" 1 DAY ": 24 * time.Hour, "2 weeks": 14 * 24 * time.Hour, "-1 second": -time.Second, "0s": 0, "5 milliseconds": 5 * time.Millisecond} {
		if got, err := ParseDuration(text); got != want || err != nil {
			t.Errorf("%q is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "10", "ten seconds", "1 month", "5 s", "1 hour 3", "9999999999999 weeks", "interval"} {
		if d, err := ParseDuration(text); err == nil {
			t.Errorf("%q is read as %v", text, d)
		}
	}
}

func TestLoadZone(t *testing.T) {
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for name, want := range map[string]string{"UTC": "12:00", "Z": "12:00", "Europe/Vienna": "14:00", "+02:00": "14:00", "-0530": "06:30", "UTC+5": "17:00", "GMT-3": "09:00"} {
		zone, err := LoadZone(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := at.In(zone).Format("15:04"); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	for _, name := range []string{"", "Local", "Europe/Wien", "+19:00", "+02:61", "12", "../etc/passwd"} {
		if zone, err := LoadZone(name); err == nil {
			t.Errorf("%q is the zone %v", name, zone)
		}
	}
}

type loop struct{ Next []loop }

func TestSchemaOf(t *testing.T) {
	type inner struct {
		X uint16
		y int
	}
	_ = inner{}.y
	s, err := SchemaOf(reflect.TypeFor[*struct {
		ID    int64  `riffle:"id"`
		Dot   string `riffle:"id.orig_h"`
		Opt   *float32
		In    inner
		Ins   []*inner
		By    map[string][]byte
		At    time.Time
		Day   *Day
		D     Dec
		Skip  chan int `riffle:"-"`
		local int
	}]())
	if err != nil {
		t.Fatal(err)
	}
	want := "id BIGINT NOT NULL, `id.orig_h` STRING NOT NULL, Opt FLOAT, In STRUCT<X: INT NOT NULL> NOT NULL, Ins ARRAY<STRUCT<X: INT NOT NULL>>, " +
		"By MAP<STRING, BINARY>, At TIMESTAMP NOT NULL, Day DATE, D DECIMAL(38,18) NOT NULL"
	if s.DDL() != want {
		t.Errorf("%s\nwant %s", s.DDL(), want)
	}
	for _, bad := range []reflect.Type{nil, reflect.TypeFor[int](), reflect.TypeFor[struct{}](), reflect.TypeFor[loop](), reflect.TypeFor[struct{ U uint64 }](),
		reflect.TypeFor[struct{ M map[*string]int }](), reflect.TypeFor[struct{ F func() }]()} {
		if s, err := SchemaOf(bad); err == nil {
			t.Errorf("%v has the schema %s", bad, s)
		}
	}
}

// Rows go into Arrow columns and come out again as they were.
func TestRecordRoundTrip(t *testing.T) {
	schema, err := ParseDDL("a TINYINT, b BIGINT NOT NULL, c STRING, d BINARY, e DATE, f TIMESTAMP, g ARRAY<STRUCT<x: INT>>, h MAP<STRING, ARRAY<DOUBLE>>, i BOOLEAN, j FLOAT")
	if err != nil {
		t.Fatal(err)
	}
	inner := NewSchema(Field{Name: "x", Type: Int, Nullable: true})
	full := []any{int8(-3), int64(9), "t", []byte{1}, Day(5), time.UnixMicro(77).UTC(), []any{NewRow(inner, []any{int32(1)}), nil, NewRow(inner, []any{nil})},
		map[any]any{"k": []any{1.5, nil}}, true, float32(0.25)}
	rec, err := Record(schema, [][]any{full, {nil, 1, nil, nil, nil, nil, nil, nil, nil, nil}})
	if err != nil {
		t.Fatal(err)
	}
	rows := Rows(schema, rec)
	if got, want := rows[0].String(), NewRow(schema, full).String(); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for i := range schema.Len() {
		if v := rows[1].At(i); i != 1 && v != nil {
			t.Errorf("column %d is %v, not null", i, v)
		}
	}
	for _, bad := range [][]any{{1}, {300, 1, nil, nil, nil, nil, nil, nil, nil, nil}, {nil, nil, nil, nil, nil, nil, nil, nil, nil, nil}, {nil, 1, 5, nil, nil, nil, nil, nil, nil, nil},
		{nil, 1, nil, nil, nil, nil, []any{"x"}, nil, nil, nil}, {nil, 1, nil, nil, nil, nil, nil, map[any]any{nil: nil}, nil, nil}} {
		if _, err := Record(schema, [][]any{bad}); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}
