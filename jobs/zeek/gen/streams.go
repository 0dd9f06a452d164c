package gen

import (
	"iter"
	"time"
)

// The streams of one made-up network: events half a second apart, so that some
// thousands of them fill several windows of minutes.
const (
	seed  = 42
	apart = 500 * time.Millisecond
)

// DNS gives so many events of dns.log, without keys.
func DNS(rows int) iter.Seq2[[]byte, []byte] {
	return events(rows, func(g *Generator) []byte { return g.Append(nil) })
}

// Conn gives the events of conn.log that belong to those of DNS.
func Conn(rows int) iter.Seq2[[]byte, []byte] {
	return events(rows, func(g *Generator) []byte {
		g.Append(nil)
		return g.AppendConn(nil)
	})
}

func events(rows int, next func(*Generator) []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		g := Every(seed, apart)
		for range rows {
			if !yield(nil, next(g)) {
				return
			}
		}
	}
}
