package sql

import (
	"testing"

	"github.com/riffledata/riffle/dataframe/plan"
)

var benched = map[string]string{
	"expr":   "`id.orig_h` <> '::1' AND bytes > 10",
	"select": "SELECT query, bytes + 1 AS more FROM dns WHERE bytes BETWEEN 10 AND 20 ORDER BY query LIMIT 10",
	"group":  "SELECT `id.orig_h`, qtype, count(*) AS n FROM dns WHERE query IS NOT NULL AND NOT query LIKE '%.local' GROUP BY `id.orig_h`, qtype HAVING n > 1 ORDER BY n DESC",
}

// BenchmarkParse reads one statement; BenchmarkQuery also binds it.
func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"expr", "select", "group"} {
		text := benched[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				var err error
				if name == "expr" {
					_, err = ParseExpr(text)
				} else {
					_, err = Parse(text)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkQuery(b *testing.B) {
	text := benched["group"]
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	cat := bound{}
	node, _ := known.Table("dns")
	cat.node = node
	for b.Loop() {
		if _, err := Query(text, cat); err != nil {
			b.Fatal(err)
		}
	}
}

// bound is a catalogue of one table.
type bound struct{ node plan.Node }

func (c bound) Table(string) (plan.Node, bool) { return c.node, true }
func (c bound) Names() []string                { return []string{"dns"} }
