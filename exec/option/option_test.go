package option

import (
	"strings"
	"testing"
	"time"
)

var specs = []Spec{{Key: "rowsPerSecond", Default: "1", Doc: "d"}, {Key: "mode", Default: "PERMISSIVE", Doc: "d"}, {Key: "wait", Doc: "d"}, {Key: "deep", Doc: "d"}, {Key: "kafka.", Doc: "d"}}

func TestCheck(t *testing.T) {
	s, err := Check("the source", map[string]string{"ROWSPERSECOND": " 5 ", "Kafka.Client.ID": "x", "mode": "failfast", "wait": "2 minutes", "deep": "TRUE"}, specs)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.Int("rowsPerSecond", 1); n != 5 || err != nil {
		t.Error(n, err)
	}
	if m, err := s.OneOf("mode", "PERMISSIVE", "FAILFAST"); m != "FAILFAST" || err != nil {
		t.Error(m, err)
	}
	if d, err := s.Duration("wait"); d != 2*time.Minute || err != nil {
		t.Error(d, err)
	}
	if b, err := s.Bool("deep"); !b || err != nil {
		t.Error(b, err)
	}
	if got := s.WithPrefix("KAFKA."); len(got) != 1 || got["client.id"] != "x" {
		t.Error(got)
	}
	if !s.Given("Mode") || s.Given("nothing") || s.Get("nothing") != "" {
		t.Error("what was given is not known")
	}
	none, err := Check("the source", nil, specs)
	if err != nil || none.Get("MODE") != "PERMISSIVE" || none.Given("mode") {
		t.Errorf("defaults: %q, %v", none.Get("mode"), err)
	}
}

func TestMistakes(t *testing.T) {
	for want, given := range map[string]map[string]string{
		"option rowPerSecond: the source has no such option; did you mean rowsPerSecond?":        {"rowPerSecond": "1"},
		"option zzz: the source has no such option; it takes deep, mode, rowsPerSecond, wait":    {"zzz": "1"},
		"option kafka.: the source has no such option; it takes deep, mode, rowsPerSecond, wait": {"kafka.": "1"},
		"option aaa: the source has no such option; it takes deep, mode, rowsPerSecond, wait":    {"zzz": "1", "aaa": "1"},
		`option rowsPerSecond: "0" is not a whole number of at least 1`:                          {"rowsPerSecond": "0"},
		`option wait: "-1s" is not a time span; write 500ms, 10s or 2 minutes`:                   {"wait": "-1s"},
		`option deep: "yes" is not true or false`:                                                {"deep": "yes"},
		`option mode: "DROP" is not one of PERMISSIVE, FAILFAST`:                                 {"mode": "DROP"},
	} {
		s, err := Check("the source", given, specs)
		for _, check := range []func() error{
			func() error { _, err := s.Int("rowsPerSecond", 1); return err },
			func() error { _, err := s.Duration("wait"); return err },
			func() error { _, err := s.Bool("deep"); return err },
			func() error { _, err := s.OneOf("mode", "PERMISSIVE", "FAILFAST"); return err },
		} {
			if err == nil {
				err = check()
			}
		}
		if err == nil || err.Error() != want {
			t.Errorf("%v: %v\nwant %s", given, err, want)
		}
	}
	if _, err := Check("the sink", map[string]string{"a": ""}, nil); err == nil || !strings.HasSuffix(err.Error(), "it takes none") {
		t.Error(err)
	}
}
