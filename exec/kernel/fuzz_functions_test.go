package kernel

import (
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzDatePattern reads what was written by the same pattern, and must not fail
// on any text.
func FuzzDatePattern(f *testing.F) {
	for _, p := range []string{"yyyy-MM-dd HH:mm:ss", "dd/MMM/yyyy:HH:mm:ss Z", "[yyyy][-MM]", "''yy''", "hh a", "yyyyDDD", "E QQQ O"} {
		f.Add(p, "2024-01-05 10:11:12", int64(1700000000000000))
	}
	f.Fuzz(func(t *testing.T, pattern, text string, at int64) {
		p, err := parseDatePattern(pattern)
		if err != nil {
			return
		}
		var zones timestampParser
		p.parse(text, &zones)
		m := momentAt(at%(100*365*86400e6), time.UTC)
		written := string(p.append(nil, &m))
		if utf8.ValidString(pattern) && !utf8.ValidString(written) {
			t.Fatalf("%q wrote %q", pattern, written)
		}
		p.parse(written, &zones)
	})
}

// FuzzFullPattern writes a time and reads it again.
func FuzzFullPattern(f *testing.F) {
	f.Add(int64(0), uint8(0))
	f.Fuzz(func(t *testing.T, at int64, which uint8) {
		patterns := []string{"yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX", "yyyyMMddHHmmss[.SSSSSS]", "EEEE, d MMMM yyyy hh:mm:ss.SSSSSS a", "D yyyy k:m:s SSSSSS", "QQQ MM/dd/yyyy HH:mm:ss.SSSSSS ZZZZ"}
		at %= 7900 * 365 * 86400e6 // years of four digits
		if at < -1900*365*86400e6 {
			return
		}
		m := momentAt(at, time.UTC)
		p, err := parseDatePattern(patterns[int(which)%len(patterns)])
		if err != nil {
			t.Fatal(err)
		}
		text := string(p.append(nil, &m))
		days, clock, _, ok := p.parse(text, &timestampParser{})
		if back := days*microsPerDay + clock; !ok || back != at {
			t.Fatalf("%q: %d became %q, and that %d, %t", p.text, at, text, back, ok)
		}
	})
}

// FuzzTextFunctions must not fail on any text, and makes valid UTF-8 of it.
func FuzzTextFunctions(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":"x"}]}`, "http://u@h:1/p?q=1#f", "%5.2f %s", "#,##0.00", "(a)(b)?", "${x}$1\\$"} {
		f.Add(s, "$.a[0].b", 3)
	}
	f.Fuzz(func(t *testing.T, s, p string, n int) {
		if !utf8.ValidString(s) || !utf8.ValidString(p) {
			return
		}
		n %= 100
		out := []string{substring(s, n, n/2, false), substringIndex(s, p, n), splitPart(s, p, n|1), string(appendTitle(nil, s)), string(appendReverse(nil, s)), string(appendTranslated(nil, s, p, "xy"))}
		if u, ok := cutURL(s); ok {
			for _, part := range []string{"HOST", "PATH", "QUERY", "REF", "PROTOCOL", "FILE", "AUTHORITY", "USERINFO"} {
				text, _ := u.part(part)
				out = append(out, text)
			}
		}
		if steps, ok := parseJSONPath(p); ok {
			o := pathOutput{}
			if v, _, ok := cutJSON(s); ok && o.find(v, steps, rawStyle) && !o.bad {
				out = append(out, string(o.buf))
			}
		}
		if format, err := parseFormat(p); err == nil {
			text, _, _ := appendFormatted(nil, format, nil, 0)
			out = append(out, string(text))
		}
		if re, err := compileRegex(p); err == nil {
			if by, err := parseReplacement("<$0>", re); err == nil {
				out = append(out, string(replaceAll(nil, s, re, by, 1)))
			}
			b := textBuilder{offsets: make([]int32, 1)}
			addSplit(&b, s, re, n)
			out = append(out, string(b.data))
		}
		_, _ = parseNumberPattern(p)
		for i, text := range out {
			if !utf8.ValidString(text) {
				t.Fatalf("%d: %q, %q, %d made %q", i, s, p, n, text)
			}
		}
	})
}
