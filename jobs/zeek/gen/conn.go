package gen

import "strconv"

const uidLetters = 17

// last is what the connection of a DNS event has in common with it.
type last struct {
	time      int64 // microseconds
	uid       [uidLetters]byte
	client    string
	port      int64
	multicast bool
}

// AppendConn appends the event of conn.log that belongs to the DNS event that was
// appended last: the connection in which it was asked, with the same uid. It began
// up to 5 milliseconds earlier. One in 20 comes from outside.
func (g *Generator) AppendConn(dst []byte) []byte {
	r := g.beside
	dst = append(dst, `{"ts":`...)
	dst = appendSeconds(dst, g.last.time-r.Int64N(5000))
	dst = append(append(append(dst, `,"uid":"C`...), g.last.uid[:]...), `","id.orig_h":"`...)
	dst = append(append(dst, g.last.client...), `","id.orig_p":`...)
	dst = strconv.AppendInt(dst, g.last.port, 10)
	if g.last.multicast {
		dst = append(dst, `,"id.resp_h":"224.0.0.251","id.resp_p":5353`...)
	} else {
		dst = append(dst, `,"id.resp_h":"192.168.10.53","id.resp_p":53`...)
	}
	dst = append(dst, `,"proto":"udp","service":"dns","duration":`...)
	dst = strconv.AppendFloat(dst, r.ExpFloat64()*0.04, 'f', 6, 64)
	dst = append(dst, `,"conn_state":"SF","local_orig":`...)
	dst = strconv.AppendBool(dst, r.Float64() >= 0.05)
	dst = append(dst, `,"local_resp":true,"missed_bytes":0,"history":"Dd","orig_pkts":1,"orig_ip_bytes":`...)
	dst = strconv.AppendInt(dst, 50+r.Int64N(50), 10)
	dst = append(dst, `,"resp_pkts":1,"resp_ip_bytes":`...)
	dst = strconv.AppendInt(dst, 60+r.Int64N(400), 10)
	return append(dst, '}')
}
