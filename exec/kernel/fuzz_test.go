package kernel

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/riffledata/riffle/dataframe/types"
)

var textTargets = []types.Type{types.Boolean, types.Byte, types.Short, types.Int, types.Long, types.Float, types.Double,
	types.Decimal{Precision: 10, Scale: 3}, types.Decimal{Precision: 38, Scale: 18}, types.Date, types.Timestamp, types.TimestampNTZ, types.Interval, types.Binary}

// FuzzCastText reads any text as every type: it must not panic, ANSI mode must
// fail just where try_cast is null, and what was read and written as text must
// read the same again.
func FuzzCastText(f *testing.F) {
	for _, s := range []string{"", " 1 ", "-128", "1e3", "1.5d", "nan", "2024-02-30", "2024-2-3 4:5:6.7 Europe/Berlin", "T10", "1 day -2.5 seconds", "99999999999999999999999999999999999999.5", "-0", "+", "1e-999999999", "0001-01-01", "-0044-03-15", "9999999-12-31 23:59:59Z", "10:20+18:00", "294247-01-10T04:00:54.775807Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		env := testEnv()
		for _, to := range textTargets {
			in, err := Constant(s, types.String)
			if err != nil {
				t.Fatal(err)
			}
			got, null := castOne(t, env, in, types.String, to, true)
			_, failed := castOne(t, env, in, types.String, to, false)
			if null != failed {
				t.Fatalf("%q as %s: null is %t, but failed is %t", s, to.Name(), null, failed)
			}
			if null || to == types.Interval {
				continue
			}
			written, _ := castOne(t, env, got, to, types.String, true)
			again, null := castOne(t, env, written, types.String, to, true)
			if null || show(env, again, 0) != show(env, got, 0) {
				t.Fatalf("%q as %s is %s, which reads as %s", s, to.Name(), show(env, got, 0), show(env, again, 0))
			}
		}
	})
}

// castOne casts a constant; none says that it became null, or failed as a row.
func castOne(t *testing.T, env *Env, v Value, from, to types.Type, try bool) (out Value, none bool) {
	t.Helper()
	f, err := castFunc(from, to, try)
	if err != nil {
		t.Fatal(err)
	}
	out, err = f(env, []Value{{v.Array, false}}, Rows{N: 1})
	var row *RowError
	if err != nil && (try || !errors.As(err, &row)) {
		t.Fatal(err)
	}
	return out, err != nil || isNull(out.Array, 0)
}

// FuzzLike compares LIKE with a regular expression of the same meaning.
func FuzzLike(f *testing.F) {
	for _, p := range [][2]string{{"spark", "s%k"}, {"aXbXc", "%X%_"}, {"äö", "__"}, {"a\\b", "a\\\\b"}, {"mississippi", "%iss%ip_i"}, {"", "%%"}} {
		f.Add(p[0], p[1])
	}
	f.Fuzz(func(t *testing.T, s, pattern string) {
		if len(s)+len(pattern) > 40 || !utf8.ValidString(s) || !utf8.ValidString(pattern) {
			return
		}
		match, err := compileLike(pattern, '\\', false)
		if err != nil {
			return
		}
		var re strings.Builder
		escape := false
		for _, r := range pattern {
			switch {
			case escape || r != '\\' && r != '%' && r != '_':
				re.WriteString(regexp.QuoteMeta(string(r)))
				escape = false
			case r == '\\':
				escape = true
			case r == '%':
				re.WriteString(".*")
			default:
				re.WriteString(".")
			}
		}
		want := regexp.MustCompile("(?s)^" + re.String() + "$").MatchString(s)
		if got := match(s); got != want {
			t.Fatalf("%q like %q is %t", s, pattern, got)
		}
		if test := likeTest(pattern); test != nil {
			in, _ := Constant(s, types.String)
			if got := len(test(textsOf(in.Array), Rows{N: 1}, true, make([]int32, 1))) == 1; got != want {
				t.Fatalf("%q like %q as a predicate is %t", s, pattern, got)
			}
		}
	})
}

// FuzzZone checks that no name panics and that what is found has an offset.
func FuzzZone(f *testing.F) {
	for _, s := range []string{"UTC", "+1", "-08:00", "Europe/Berlin", "GMT+3", "", "+", "../x", "Local", "+18:00:01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if zone, err := LoadZone(s); err == nil {
			if name := time.Unix(0, 0).In(zone).Format("MST"); name == "" {
				t.Errorf("%q gives a zone without a name", s)
			}
		}
	})
}
