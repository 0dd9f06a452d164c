package engine

import (
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Every setting is described, and its default is a value that may be set.
func TestSettings(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Settings() {
		if s.Doc == "" || !strings.HasPrefix(s.Key, "riffle.") {
			t.Errorf("%s is not described, or not called riffle.*", s.Key)
		}
		if s.Alias != "" && !strings.HasPrefix(s.Alias, "spark.") {
			t.Errorf("%s has the alias %s, which is not Spark's", s.Key, s.Alias)
		}
		for _, name := range []string{s.Key, s.Alias} {
			if name != "" && seen[strings.ToLower(name)] {
				t.Errorf("two settings are called %s", name)
			}
			seen[strings.ToLower(name)] = true
		}
		if err := s.check(s.Default); err != nil {
			t.Errorf("%s refuses its own default: %v", s.Key, err)
		}
		got, err := Conf{}.Get(s.Key)
		if err != nil || got != s.Default {
			t.Errorf("%s of the zero Conf is %q, %v, want %q", s.Key, got, err, s.Default)
		}
	}
}

// The zero Conf answers every question with the default.
func TestConfDefaults(t *testing.T) {
	var c Conf
	if !c.ANSI() || c.Zone() != time.UTC || c.MaxBadRate() != 1 || len(c.Values()) != 0 {
		t.Errorf("ansi %v, zone %v, rate %v, values %v", c.ANSI(), c.Zone(), c.MaxBadRate(), c.Values())
	}
	for key, want := range map[string]int64{"riffle.shuffle.partitions": 0, "riffle.memory.table.bytes": 1 << 30, "riffle.state.bytes": 1 << 32, "riffle.sort.bytes": 1 << 30} {
		if got := c.Int(key); got != want {
			t.Errorf("%s is %d, want %d", key, got, want)
		}
	}
}

// A setting is found by either name in any case, and kept under riffle's.
func TestConfNames(t *testing.T) {
	for _, c := range []struct{ key, value, under, want string }{
		{"riffle.ansi", "false", "riffle.ansi", "false"},
		{"RIFFLE.ANSI", "False", "riffle.ansi", "False"},
		{"spark.sql.ansi.enabled", " false ", "riffle.ansi", "false"},
		{"Spark.SQL.session.timezone", "Europe/Vienna", "riffle.timeZone", "Europe/Vienna"},
		{"spark.sql.shuffle.partitions", "7", "riffle.shuffle.partitions", "7"},
	} {
		conf, err := Conf{}.Set(c.key, c.value)
		if err != nil {
			t.Errorf("%s: %v", c.key, err)
			continue
		}
		if want := map[string]string{c.under: c.want}; !maps.Equal(conf.Values(), want) {
			t.Errorf("%s = %q is kept as %v, want %v", c.key, c.value, conf.Values(), want)
		}
		if got, err := conf.Get(c.key); got != c.want || err != nil {
			t.Errorf("%s reads %q, %v, want %q", c.key, got, err, c.want)
		}
	}
	c, _ := Conf{}.Set("riffle.ansi", "FALSE")
	if c.ANSI() {
		t.Error("FALSE does not turn riffle.ansi off")
	}
}

func TestConfRefusals(t *testing.T) {
	for _, c := range []struct{ key, value, want string }{
		{"riffle.ansi", "", "is not true or false"},
		{"riffle.ansi", "1", "is not true or false"},
		{"riffle.timeZone", "Europe/Wien", "Europe/Wien"},
		{"riffle.shuffle.partitions", "-1", "at least 0"},
		{"riffle.state.bytes", "0", "at least 1"},
		{"riffle.sort.bytes", "1GB", "at least 1"},
		{"riffle.memory.table.bytes", "9223372036854775808", "at least 1"},
		{"riffle.badRecords.maxRate", "1.01", "between 0 and 1"},
		{"riffle.badRecords.maxRate", "-0.1", "between 0 and 1"},
		{"riffle.badRecords.maxRate", "NaN", "between 0 and 1"},
		{"riffle.badRecord.maxRate", "1", "did you mean riffle.badRecords.maxRate?"},
		{"", "1", "the settings are riffle.ansi, "},
	} {
		before, _ := Conf{}.Set("riffle.sort.bytes", "5")
		after, err := before.Set(c.key, c.value)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s = %q: got %v, want %q", c.key, c.value, err, c.want)
		}
		if !maps.Equal(after.Values(), before.Values()) {
			t.Errorf("%s = %q: refused, but the settings are now %v", c.key, c.value, after.Values())
		}
	}
	if _, err := (Conf{}).Get("riffle.nothing.of.the.kind"); err == nil {
		t.Error("an unknown setting has a value")
	}
	if _, err := ConfOf(map[string]string{"riffle.ansi": "maybe"}); err == nil {
		t.Error("ConfOf takes what Set refuses")
	}
}

// A Conf never changes, and Values and ConfOf carry all of it.
func TestConfRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c Conf
		for range rapid.IntRange(0, 8).Draw(t, "sets") {
			key, value := "riffle.ansi", strconv.FormatBool(rapid.Bool().Draw(t, "ansi"))
			if rapid.Bool().Draw(t, "a number") {
				key, value = "spark.sql.shuffle.partitions", strconv.Itoa(rapid.IntRange(0, 9).Draw(t, "n"))
			}
			old := c.Values()
			next, err := c.Set(key, value)
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(c.Values(), old) {
				t.Fatalf("Set changed the old settings to %v", c.Values())
			}
			c = next
		}
		back, err := ConfOf(c.Values())
		if err != nil || !maps.Equal(back.Values(), c.Values()) {
			t.Fatalf("%v became %v, %v", c.Values(), back.Values(), err)
		}
		clear(c.Values())
		if !maps.Equal(back.Values(), c.Values()) {
			t.Fatal("Values is not a copy")
		}
	})
}
