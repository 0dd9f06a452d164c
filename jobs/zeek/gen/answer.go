package gen

import "strconv"

// texts are answers to TXT queries as Zeek writes them; all have a quote and a
// backslash to escape.
var texts = []string{
	`TXT 62 \"v=spf1 include:_spf.example.com ip4:192.0.2.0/24 ~all\" c:\\dns\\spf`,
	`TXT 48 \"google-site-verification=rXOxyZounnZasA8Z7oaD3c14J\\123\"`,
	`TXT 39 \"v=DKIM1\\; k=rsa\\; p=MIGfMA0GCSqGSIb3DQEB\"`,
	`TXT 33 path=\"\\\\fileserver\\public\\tools\"`,
}

// appendAnswers writes the columns answers and TTLs.
func (g *Generator) appendAnswers(dst []byte, kind string) []byte {
	n := 4 + g.rnd.IntN(6)
	if kind == "txt" {
		n = 1
	}
	dst = append(dst, `,"answers":[`...)
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = g.appendAnswer(dst, kind, i == 0 && n > 1)
		dst = append(dst, '"')
	}
	dst = append(dst, `],"TTLs":[`...)
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, 1+g.rnd.Int64N(3600), 10)
		dst = append(dst, ".0"...)
	}
	return append(dst, ']')
}

func (g *Generator) appendAnswer(dst []byte, kind string, alias bool) []byte {
	switch {
	case kind == "txt":
		return append(dst, texts[g.rnd.IntN(len(texts))]...)
	case alias || kind == "name":
		dst = append(dst, g.hosts[g.rnd.IntN(len(g.hosts))]...)
		dst = append(dst, ".edge."...)
		return append(dst, g.names[g.domains.pick(g.rnd)]...)
	case kind == "v4":
		dst = append(dst, "203.0."...)
		dst = strconv.AppendInt(dst, 112+g.rnd.Int64N(2), 10)
		return strconv.AppendInt(append(dst, '.'), g.rnd.Int64N(256), 10)
	}
	dst = append(dst, "2001:db8:"...)
	dst = strconv.AppendInt(dst, g.rnd.Int64N(1<<16), 16)
	dst = append(dst, "::"...)
	return strconv.AppendInt(dst, g.rnd.Int64N(1<<16), 16)
}

// appendSeconds writes microseconds as seconds with six digits after the point.
func appendSeconds(dst []byte, us int64) []byte {
	dst = strconv.AppendInt(dst, us/1_000_000, 10)
	frac := strconv.AppendInt(dst, 1_000_000+us%1_000_000, 10)
	frac[len(dst)] = '.'
	return frac
}

// appendLetters writes n letters of an alphabet of at most 64.
func (g *Generator) appendLetters(dst []byte, alphabet string, n int) []byte {
	var bits uint64
	for i := range n {
		if i%10 == 0 {
			bits = g.rnd.Uint64()
		}
		dst = append(dst, alphabet[(bits&63)*uint64(len(alphabet))>>6])
		bits >>= 6
	}
	return dst
}
