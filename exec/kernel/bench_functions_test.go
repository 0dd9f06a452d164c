package kernel

import (
	"testing"
	"time"

	"github.com/riffledata/riffle/exec/batch"
)

// BenchmarkFunction computes functions over a whole batch.
func BenchmarkFunction(b *testing.B) {
	zone, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		b.Fatal(err)
	}
	for _, text := range []string{
		"upper(s)", "length(s)", "substring(s, 3, 8)", "substring_index(s, '.', 1)", "split_part(s, '.', 2)", "split(s, '\\\\.')", "concat(s, '/', t)", "replace(s, 'example', 'x')", "trim(s)",
		"regexp_extract(s, '([a-z]+)([0-9]+)', 2)", "registered_domain(s)", "xxhash64(s)", "hash(a, s)", "md5(s)", "round(d, 2)", "ln(d)", "pmod(a, 7)", "greatest(a, b)",
		"year(day)", "hour(ts)", "date_trunc('hour', ts)", "date_format(ts, 'yyyy-MM-dd HH:mm')", "format_string('%s:%d', s, a)", "to_json(struct(s, a))",
	} {
		b.Run(text, func(b *testing.B) {
			rec, size := benchBatch(b)
			ev, err := Compile(bindText(b, text))
			if err != nil {
				b.Fatal(err)
			}
			env := testEnv()
			env.Zone, env.ANSI = zone, false
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ev.Eval(env, rec, Rows{N: batch.MaxRows}); err != nil {
					b.Fatal(err)
				}
			}
			report(b, size)
		})
	}
}
