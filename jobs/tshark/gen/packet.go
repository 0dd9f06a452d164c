package gen

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"time"
)

// start is the time of the first record: 2026-01-01 UTC.
var start = time.Unix(1767225600, 0).UTC()

// office are who works there, which computer is theirs, and who is watched.
var office = []struct{ id, name, mac, watch string }{
	{"100", "Ann Archer", "02:00:00:00:01:64", "YES"},
	{"101", "Bob Baker", "02:00:00:00:01:65", "NO"},
	{"102", "Cem Carter", "02:00:00:00:01:66", "NO"},
	{"103", "Dora Dyer", "02:00:00:00:01:67", "YES"},
}

// Employees gives the employees, by their ids.
func Employees(int) iter.Seq2[[]byte, []byte] {
	return people(func(i int) string {
		e := office[i]
		return fmt.Sprintf(`{"key":%q,"name":%q,"watch_flag":%q}`, e.id, e.name, e.watch)
	})
}

// Computers gives the employees' computers, by the employees' ids.
func Computers(int) iter.Seq2[[]byte, []byte] {
	return people(func(i int) string {
		e := office[i]
		return fmt.Sprintf(`{"comp_id":%d,"empkey":%q,"macaddr":%q}`, i+1, e.id, e.mac)
	})
}

func people(line func(i int) string) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		for i, e := range office {
			if !yield([]byte(e.id), []byte(line(i))) {
				return
			}
		}
	}
}

// stacks are the protocols of packets.
var stacks = []struct{ protocols, proto string }{
	{"eth:ethertype:ip:tcp", "6"}, {"eth:ethertype:ip:tcp", "6"}, {"eth:ethertype:ip:tcp:tls", "6"}, {"eth:ethertype:ip:tcp:http", "6"},
	{"eth:ethertype:ip:udp:dns", "17"}, {"eth:ethertype:ip:udp:ntp", "17"}, {"eth:ethertype:arp", ""},
}

// Packets gives so many packets, without keys; one in seven has no ip layer. One in
// five comes from a computer of nobody.
func Packets(rows int) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		rnd, at := rand.New(rand.NewPCG(42, 0x70636170)), start
		for i := range rows {
			at = at.Add(time.Duration(rnd.Int64N(int64(200 * time.Millisecond))))
			if !yield(nil, packet(rnd, i+1, at)) {
				return
			}
		}
	}
}

func packet(rnd *rand.Rand, number int, at time.Time) []byte {
	who, stack := rnd.IntN(len(office)+1), stacks[rnd.IntN(len(stacks))]
	mac := "02:00:00:00:02:ff"
	if who < len(office) {
		mac = office[who].mac
	}
	size := 60 + rnd.IntN(1400)
	line := fmt.Appendf(nil, `{"_index":"packets-2026-01-01","_type":"pcap_file","_score":null,"_source":{"layers":{`+
		`"frame":{"encap_type":"1","time":%q,"time_epoch":"%d.%09d","number":"%d","len":"%d","cap_len":"%[5]d","protocols":%[6]q},`+
		`"eth":{"dst":"02:00:00:00:00:01","src":%[7]q}`,
		at.Format("Jan _2, 2006 15:04:05.000000000 MST"), at.Unix(), at.Nanosecond(), number, size, stack.protocols, mac)
	if stack.proto != "" {
		line = fmt.Appendf(line, `,"ip":{"version":"4","proto":%q,"src":"192.168.10.%d","src_host":"192.168.10.%[2]d","dst":"203.0.113.%[3]d","dst_host":"203.0.113.%[3]d"}`,
			stack.proto, 10+who, 1+rnd.IntN(8))
	}
	return append(line, `}}}`...)
}
