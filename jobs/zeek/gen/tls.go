package gen

import (
	"iter"
	"strconv"
)

const day = 86400

// SSL gives so many events of ssl.log, without keys: handshakes with the servers
// of the domains that DNS asks for.
func SSL(rows int) iter.Seq2[[]byte, []byte] {
	return handshakes(rows, (*handshake).ssl)
}

// X509 gives the events of x509.log that belong to those of SSL: the certificate
// of each handshake, seen up to 200 milliseconds later. One certificate in 13 is
// valid for less than 30 days yet, one in 20 is self-signed.
func X509(rows int) iter.Seq2[[]byte, []byte] {
	return handshakes(rows, (*handshake).x509)
}

func handshakes(rows int, line func(*handshake) []byte) iter.Seq2[[]byte, []byte] {
	return events(rows, func(g *Generator) []byte { return line(g.handshake()) })
}

// handshake is what an event of ssl.log and one of x509.log tell of.
type handshake struct {
	time, seen int64 // microseconds
	client     string
	port       int64
	domain     int
	name       string
	uid, file  []byte
}

func (g *Generator) handshake() *handshake {
	g.now += 1 + g.rnd.Int64N(g.gap)
	h := &handshake{time: g.now, seen: g.now + g.rnd.Int64N(200_000)}
	h.client = g.addresses[g.clients.pick(g.rnd)]
	h.port = 49152 + g.rnd.Int64N(16384)
	h.domain = g.domains.pick(g.rnd)
	h.name = g.names[h.domain]
	h.uid = g.appendLetters(nil, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", uidLetters)
	h.file = g.appendLetters(nil, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", uidLetters)
	return h
}

// selfSigned tells whether the domain's certificate is its own issuer.
func (h *handshake) selfSigned() bool { return h.domain%20 == 7 }

func (h *handshake) subject() string { return "CN=*." + h.name + ",O=" + h.name + ",C=US" }

func (h *handshake) issuer() string {
	if h.selfSigned() {
		return h.subject()
	}
	return "CN=Example TLS CA " + strconv.Itoa(h.domain%3+1) + ",O=Example Trust,C=US"
}

func (h *handshake) ssl() []byte {
	status := "ok"
	if h.selfSigned() {
		status = "self signed certificate"
	}
	dst := append(appendSeconds([]byte(`{"ts":`), h.time), `,"uid":"C`...)
	dst = append(append(append(dst, h.uid...), `","id.orig_h":"`...), h.client...)
	dst = strconv.AppendInt(append(dst, `","id.orig_p":`...), h.port, 10)
	dst = strconv.AppendInt(append(dst, `,"id.resp_h":"203.0.113.`...), int64(h.domain%250+1), 10)
	dst = append(dst, `","id.resp_p":443,"version":"TLSv12","cipher":"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256","curve":"x25519","server_name":"www.`...)
	dst = append(append(dst, h.name...), `","resumed":false,"established":true,"cert_chain_fuids":["F`...)
	dst = append(append(append(dst, h.file...), `"],"client_cert_chain_fuids":[],"subject":"`...), h.subject()...)
	dst = append(append(append(dst, `","issuer":"`...), h.issuer()...), `","validation_status":"`...)
	return append(append(dst, status...), `"}`...)
}

func (h *handshake) x509() []byte {
	from := int64(start/1_000_000) - int64(h.domain*37%400)*day
	dst := append(appendSeconds([]byte(`{"ts":`), h.seen), `,"id":"F`...)
	dst = append(append(dst, h.file...), `","certificate.version":3,"certificate.serial":"`...)
	dst = strconv.AppendInt(dst, int64(0x1000000+h.domain*7919), 16)
	dst = append(append(append(dst, `","certificate.subject":"`...), h.subject()...), `","certificate.issuer":"`...)
	dst = append(append(dst, h.issuer()...), `","certificate.not_valid_before":`...)
	dst = append(strconv.AppendInt(dst, from, 10), `.0,"certificate.not_valid_after":`...)
	dst = append(strconv.AppendInt(dst, from+398*day, 10), `.0,"certificate.key_alg":"rsaEncryption",`...)
	return append(dst, `"certificate.sig_alg":"sha256WithRSAEncryption","certificate.key_type":"rsa","certificate.key_length":2048,"certificate.exponent":"65537","basic_constraints.ca":false}`...)
}
