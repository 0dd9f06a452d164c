package gen

import (
	"bytes"
	"encoding/json"
	"iter"
	"math"
	"slices"
	"testing"
)

// lines reads events.
func lines[T any](t *testing.T, events iter.Seq2[[]byte, []byte]) []T {
	t.Helper()
	var out []T
	for key, line := range events {
		var v T
		if err := json.Unmarshal(line, &v); err != nil || key != nil {
			t.Fatalf("%v: %s", err, line)
		}
		out = append(out, v)
	}
	return out
}

type conn struct {
	TS   float64
	UID  string
	IP   string `json:"id.orig_h"`
	Port int    `json:"id.orig_p"`
	Resp string `json:"id.resp_h"`
}

// Each DNS event has its connection, begun shortly before it.
func TestConn(t *testing.T) {
	dns, conns := lines[conn](t, DNS(3000)), lines[conn](t, Conn(3000))
	for i, d := range dns {
		c := conns[i]
		if lag := d.TS - c.TS; lag < -1e-5 || lag > 0.0051 {
			t.Fatalf("event %d: the connection began %v s before the query", i, lag)
		}
		if c.TS = d.TS; c != d {
			t.Fatalf("event %d: %+v and %+v", i, d, c)
		}
	}
	if took := dns[2999].TS - dns[0].TS; math.Abs(took/1500-1) > 0.05 {
		t.Errorf("3000 events take %v s, want about 1500", took)
	}
}

// Each handshake has its certificate, seen shortly after it.
func TestTLS(t *testing.T) {
	type event struct {
		TS      float64
		Chain   []string `json:"cert_chain_fuids"`
		ID      string
		Subject string  `json:"subject"`
		Of      string  `json:"certificate.subject"`
		Issuer  string  `json:"issuer"`
		By      string  `json:"certificate.issuer"`
		From    float64 `json:"certificate.not_valid_before"`
		To      float64 `json:"certificate.not_valid_after"`
		Status  string  `json:"validation_status"`
	}
	ssl, x509 := lines[event](t, SSL(3000)), lines[event](t, X509(3000))
	fresh := 0
	for i, s := range ssl {
		x := x509[i]
		if !slices.Equal(s.Chain, []string{x.ID}) || s.Subject != x.Of || s.Issuer != x.By || x.TS < s.TS || x.TS > s.TS+0.2 || x.From >= x.To || x.From > x.TS {
			t.Fatalf("event %d: %+v and %+v", i, s, x)
		}
		if (s.Status == "ok") == (s.Subject == s.Issuer) {
			t.Fatalf("event %d is %s: %+v", i, s.Status, s)
		}
		if x.TS-x.From < 30*day {
			fresh++
		}
	}
	if fresh < 100 || fresh > 1500 {
		t.Errorf("%d of 3000 certificates are new", fresh)
	}
}

// Events are the same whenever they are made.
func TestSame(t *testing.T) {
	for name, stream := range map[string]func(int) iter.Seq2[[]byte, []byte]{"dns": DNS, "conn": Conn, "ssl": SSL, "x509": X509} {
		var first [][]byte
		for _, line := range stream(50) {
			first = append(first, line)
		}
		i := 0
		for _, line := range stream(100) {
			if i < 50 && !bytes.Equal(line, first[i]) {
				t.Errorf("%s: event %d differs", name, i)
			}
			i++
		}
		if i != 100 {
			t.Errorf("%s: %d events, want 100", name, i)
		}
	}
}
