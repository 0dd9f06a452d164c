package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// scanner finds the fields of records.
type scanner struct {
	sep                 string
	quote, escape       byte
	trimLeft, trimRight bool
	sepWord             uint64 // the first byte of sep, eight times
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

func newScanner(o Options) scanner {
	return scanner{o.Sep, o.Quote, o.Escape, o.TrimLeft, o.TrimRight, uint64(o.Sep[0]) * ones}
}

// token is a field of a record.
type token struct {
	text   []byte // without quotes
	quoted bool
	raw    bool // text still has escapes in it
}

// next returns the field of rec that begins at p, and where the next one begins:
// len(rec)+1 after the last. bad says what is wrong with it; the field after
// it is then not known.
func (s *scanner) next(rec []byte, p int) (t token, after int, bad errCode) {
	if s.trimLeft {
		p = s.skipBlanks(rec, p)
	}
	if p < len(rec) && rec[p] == s.quote {
		return s.quotedField(rec, p+1)
	}
	end := s.find(rec, p)
	t.text = rec[p:end]
	if s.trimRight {
		t.text = bytes.TrimRight(t.text, " \t")
	}
	if end == len(rec) {
		return t, end + 1, errNone
	}
	return t, end + len(s.sep), errNone
}

func (s *scanner) skipBlanks(rec []byte, p int) int {
	for p < len(rec) && (rec[p] == ' ' || rec[p] == '\t') && rec[p] != s.sep[0] {
		p++
	}
	return p
}

// find returns where the next separator from p on begins, or len(rec).
func (s *scanner) find(rec []byte, p int) int {
	for ; p+8 <= len(rec); p += 8 {
		w := binary.LittleEndian.Uint64(rec[p:]) ^ s.sepWord
		hit := (w - ones) &^ w & highs // its lowest bit is right
		if hit == 0 {
			continue
		}
		p += bits.TrailingZeros64(hit) >> 3
		if len(s.sep) == 1 {
			return p
		}
		return s.findLong(rec, p)
	}
	for ; p < len(rec); p++ {
		if rec[p] == s.sep[0] {
			return s.findLong(rec, p)
		}
	}
	return p
}

// findLong is find for separators of several bytes.
func (s *scanner) findLong(rec []byte, p int) int {
	if i := bytes.Index(rec[p:], []byte(s.sep)); i >= 0 {
		return p + i
	}
	return len(rec)
}

// quotedField reads a field from behind its opening quote.
func (s *scanner) quotedField(rec []byte, p int) (t token, after int, bad errCode) {
	end, raw := s.closing(rec, p)
	if end < 0 {
		return t, len(rec), errOpen
	}
	t = token{rec[p:end], true, raw}
	p = end + 1
	if s.trimRight {
		p = s.skipBlanks(rec, p)
	}
	switch {
	case p == len(rec):
		return t, p + 1, errNone
	case bytes.HasPrefix(rec[p:], []byte(s.sep)):
		return t, p + len(s.sep), errNone
	}
	return t, p, errAfterQuote
}

// closing returns where the closing quote is, -1 where there is none, and whether
// something is escaped before it. A quote that is doubled is escaped too.
func (s *scanner) closing(rec []byte, p int) (end int, raw bool) {
	for ; p < len(rec); p++ {
		switch c := rec[p]; {
		case c == s.quote:
			if p+1 == len(rec) || rec[p+1] != s.quote {
				return p, raw
			}
			p, raw = p+1, true
		case c == s.escape:
			if p+1 < len(rec) && (rec[p+1] == s.quote || rec[p+1] == s.escape) {
				p, raw = p+1, true
			}
		}
	}
	return -1, raw
}

// unescape appends the text of a field that has escapes in it.
func (s *scanner) unescape(dst, text []byte) []byte {
	for p := 0; p < len(text); p++ {
		c := text[p]
		if (c == s.escape || c == s.quote) && p+1 < len(text) && (text[p+1] == s.quote || c == s.escape && text[p+1] == s.escape) {
			p++
			c = text[p]
		}
		dst = append(dst, c)
	}
	return dst
}

// Fields returns the texts of the fields of a record without its line end.
func Fields(rec []byte, o Options) ([]string, error) {
	s := newScanner(o)
	var out []string
	for p := 0; p <= len(rec); {
		t, after, bad := s.next(rec, p)
		if bad != errNone {
			return nil, &RecordError{Offset: min(after, len(rec)), Msg: errTexts[bad]}
		}
		if t.raw {
			t.text = s.unescape(nil, t.text)
		}
		out = append(out, string(t.text))
		p = after
	}
	return out, nil
}

// Splitter finds the records of a text whose line ends may stand in quotes. It
// is immutable and safe for concurrent use.
type Splitter struct{ scan scanner }

// NewSplitter returns the splitter for the dialect of some options.
func NewSplitter(o Options) *Splitter { return &Splitter{newScanner(o)} }

// Record returns the length of the first record of b, its line end included, or -1
// where b ends before the record does.
func (s *Splitter) Record(b []byte) int {
	for p := 0; ; {
		if s.scan.trimLeft {
			p = s.scan.skipBlanks(b, p)
		}
		if p < len(b) && b[p] == s.scan.quote {
			end, _ := s.scan.closing(b, p+1)
			if end < 0 || end+1 == len(b) { // the next byte may be a quote as well
				return -1
			}
			p = end + 1
		}
		line := bytes.IndexByte(b[p:], '\n')
		if line < 0 {
			return -1
		}
		sep := bytes.Index(b[p:p+line], []byte(s.scan.sep))
		if sep < 0 {
			return p + line + 1
		}
		p += sep + len(s.scan.sep)
	}
}
