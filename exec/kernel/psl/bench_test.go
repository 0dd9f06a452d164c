package psl

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/weppos/publicsuffix-go/publicsuffix"
	netpsl "golang.org/x/net/publicsuffix"
)

// traffic is names as a network looks them up: half of them popular hosts, the
// rest of content networks, clouds, countries and the local domain.
func traffic(n int) []string {
	rnd := rand.New(rand.NewPCG(7, 7))
	words := []string{"mail", "cdn", "api", "static", "img", "telemetry", "update", "ads", "login", "video"}
	tails := []string{"example.com", "examplecontent.net", "cloudfront.net", "example.org", "news-example.co.uk", "example.de",
		"us-east-1.elb.amazonaws.com", "example.com.au", "edge.example.io", "office.lan", "microsoft.com", "example.com"}
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s.%s", words[rnd.IntN(len(words))], tails[rnd.IntN(len(tails))])
		if rnd.IntN(2) == 0 {
			out[i] = fmt.Sprintf("%s%d.%s", words[rnd.IntN(len(words))], rnd.IntN(10000), out[i])
		}
	}
	return out
}

func bench(b *testing.B, lookup func(string) string) {
	names := traffic(1 << 16)
	bytes, sink := 0, 0
	for _, n := range names {
		bytes += len(n)
	}
	b.SetBytes(int64(bytes / len(names)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		sink += len(lookup(names[i&(1<<16-1)]))
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	_ = sink
}

func BenchmarkDomain(b *testing.B) {
	r := Default()
	for mode := range Mode(3) {
		b.Run("mode="+mode.String(), func(b *testing.B) {
			bench(b, func(n string) string { d, _ := r.Domain(n, mode); return d })
		})
	}
	b.Run("library=weppos", func(b *testing.B) {
		bench(b, func(n string) string { d, _ := publicsuffix.Domain(n); return d })
	})
	b.Run("library=x-net", func(b *testing.B) {
		bench(b, func(n string) string { d, _ := netpsl.EffectiveTLDPlusOne(n); return d })
	})
}

func BenchmarkColumn(b *testing.B) {
	r, in := Default(), column(traffic(8192))
	for mode := range Mode(3) {
		b.Run("rows=8192/mode="+mode.String(), func(b *testing.B) {
			b.SetBytes(int64(len(in.ValueBytes())))
			b.ReportAllocs()
			for b.Loop() {
				r.Column(in, nil, mode)
			}
			b.ReportMetric(8192*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/8192, "ns/row")
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	list := publicsuffix.DefaultRules()
	for b.Loop() {
		compile(list)
	}
}
