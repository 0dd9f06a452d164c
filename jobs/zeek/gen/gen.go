package gen

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// The shares of events that set the statistics.
const (
	localShare  = 0.04 // below .local
	absentShare = 0.01 // without a query
	emptyShare  = 0.01 // with an empty query
	freshShare  = 0.24 // of all other queries: never seen before
	txtShare    = 0.03 // TXT records
	silentShare = 0.30 // never answered
)

// start is the time of the first event, in microseconds: 2026-01-01 UTC.
const start = 1767225600_000000

// Generator makes up events. It is not safe for concurrent use.
type Generator struct {
	*tables
	rnd *rand.Rand
	now int64  // microseconds
	gap int64  // two events are less than this apart, in microseconds
	buf []byte // the query of the event, for its answers

	beside *rand.Rand // of what stands beside the DNS events
	last   last
}

// New returns a generator of events some 30 milliseconds apart. The same seed
// gives the same events.
func New(seed uint64) *Generator {
	return Every(seed, 30*time.Millisecond)
}

// Every returns a generator whose events are so far apart on average.
func Every(seed uint64, apart time.Duration) *Generator {
	return &Generator{tables: shared(), rnd: rand.New(rand.NewPCG(seed, 0x7a65656b)), now: start, gap: 2 * apart.Microseconds(),
		beside: rand.New(rand.NewPCG(seed, 0x636f6e6e))}
}

// kind is a type of query.
type kind struct {
	upTo float64 // the sum of the shares so far, of those that are not TXT
	text string  // its columns
	a    string  // what an answer looks like
}

const txt = `,"qtype":16,"qtype_name":"TXT"`

var kinds = []kind{
	{0.64, `,"qtype":1,"qtype_name":"A"`, "v4"},
	{0.85, `,"qtype":28,"qtype_name":"AAAA"`, "v6"},
	{0.92, `,"qtype":65,"qtype_name":"HTTPS"`, ""},
	{0.95, `,"qtype":12,"qtype_name":"PTR"`, "name"},
	{0.97, `,"qtype":33,"qtype_name":"SRV"`, "name"},
	{0.985, `,"qtype":15,"qtype_name":"MX"`, "name"},
	{1, `,"qtype":2,"qtype_name":"NS"`, "name"},
}

func (g *Generator) chance(p float64) bool { return g.rnd.Float64() < p }

func (g *Generator) kind() (text, answer string) {
	if g.chance(txtShare) {
		return txt, "txt"
	}
	for x, i := g.rnd.Float64(), 0; ; i++ {
		if x < kinds[i].upTo {
			return kinds[i].text, kinds[i].a
		}
	}
}

// Append appends the next event to dst, one line of JSON without its newline.
// Events are in the order of their time.
func (g *Generator) Append(dst []byte) []byte {
	g.now += 1 + g.rnd.Int64N(g.gap)
	g.last = last{time: g.now}
	dst = append(dst, `{"ts":`...)
	dst = appendSeconds(dst, g.now)
	dst = append(dst, `,"uid":"C`...)
	dst = g.appendLetters(dst, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", uidLetters)
	copy(g.last.uid[:], dst[len(dst)-uidLetters:])
	dst = append(dst, `","id.orig_h":"`...)
	g.last.client = g.addresses[g.clients.pick(g.rnd)]
	dst = append(dst, g.last.client...)
	dst = append(dst, `","id.orig_p":`...)
	g.last.port = 49152 + g.rnd.Int64N(16384)
	dst = strconv.AppendInt(dst, g.last.port, 10)
	switch x := g.rnd.Float64(); {
	case x < localShare:
		g.last.multicast = true
		dst = append(dst, `,"id.resp_h":"224.0.0.251","id.resp_p":5353,"proto":"udp","trans_id":0`...)
		g.buf = g.appendLocal(g.buf[:0])
		dst = g.appendQuestion(dst)
		return append(dst, `,"AA":true,"TC":false,"RD":false,"RA":false,"Z":0,"rejected":false}`...)
	case x < localShare+absentShare:
		dst = g.appendServer(dst)
		return append(dst, `,"AA":false,"TC":false,"RD":false,"RA":false,"Z":0,"rejected":false}`...)
	case x < localShare+absentShare+emptyShare:
		g.buf = g.buf[:0]
	default:
		g.buf = g.appendQuery(g.buf[:0], g.domains.pick(g.rnd))
	}
	dst = g.appendServer(dst)
	return g.appendExchange(dst)
}

func (g *Generator) appendServer(dst []byte) []byte {
	dst = append(dst, `,"id.resp_h":"192.168.10.53","id.resp_p":53,"proto":"udp","trans_id":`...)
	return strconv.AppendInt(dst, g.rnd.Int64N(65536), 10)
}

// appendQuestion writes the columns of a question that nobody answers.
func (g *Generator) appendQuestion(dst []byte) []byte {
	text, _ := g.kind()
	return g.appendKind(dst, text)
}

func (g *Generator) appendKind(dst []byte, text string) []byte {
	dst = append(dst, `,"query":"`...)
	dst = append(dst, g.buf...)
	dst = append(dst, `","qclass":1,"qclass_name":"C_INTERNET"`...)
	return append(dst, text...)
}

// appendExchange writes question and answer, from rtt to the end of the event.
func (g *Generator) appendExchange(dst []byte) []byte {
	text, answer := g.kind()
	x := g.rnd.Float64()
	if answer == "txt" {
		x = 1 // always answered
	}
	if x < silentShare {
		dst = g.appendKind(dst, text)
		return append(dst, `,"AA":false,"TC":false,"RD":true,"RA":false,"Z":0,"rejected":false}`...)
	}
	if x > silentShare+0.30 { // others were answered by a cache, without a time
		dst = append(dst, `,"rtt":`...)
		sent := float64(g.now) / 1e6
		dst = strconv.AppendFloat(dst, sent+float64(0.0002+float64(g.rnd.ExpFloat64()*0.04))-sent, 'g', -1, 64)
	}
	dst = g.appendKind(dst, text)
	switch {
	case x < silentShare+0.06:
		return append(dst, `,"rcode":3,"rcode_name":"NXDOMAIN","AA":false,"TC":false,"RD":true,"RA":true,"Z":0,"rejected":false}`...)
	case x < silentShare+0.08:
		return append(dst, `,"rcode":2,"rcode_name":"SERVFAIL","AA":false,"TC":false,"RD":true,"RA":true,"Z":0,"rejected":true}`...)
	}
	dst = append(dst, `,"rcode":0,"rcode_name":"NOERROR","AA":false,"TC":false,"RD":true,"RA":true,"Z":0`...)
	if x > silentShare+0.30 && answer != "" {
		dst = g.appendAnswers(dst, answer)
	}
	return append(dst, `,"rejected":false}`...)
}
