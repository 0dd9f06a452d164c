package kernel

import (
	"strings"
	"time"
)

// zoneNames are the short names of zones that texts in English have, as Java
// reads them.
var zoneNames = map[string]string{
	"EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago", "CDT": "America/Chicago",
	"MST": "America/Denver", "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
	"CET": "Europe/Paris", "CEST": "Europe/Paris", "EET": "Europe/Helsinki", "EEST": "Europe/Helsinki",
	"WET": "Europe/Lisbon", "WEST": "Europe/Lisbon", "BST": "Europe/London", "JST": "Asia/Tokyo", "IST": "Asia/Kolkata",
}

// readZone takes a zone off s.
func (it *dateItem) readZone(s string, r *reading) (string, bool) {
	if it.letter == 'X' || it.letter == 'Z' && it.count == 5 {
		if rest, ok := strings.CutPrefix(s, "Z"); ok {
			r.offset = 0
			return rest, true
		}
	}
	switch it.letter {
	case 'X', 'x':
		return r.readOffset(s, it.count == 3 || it.count == 5, it.count == 1, it.count > 3)
	case 'Z':
		if it.count < 4 {
			return r.readOffset(s, false, false, false)
		}
		if it.count == 5 {
			return r.readOffset(s, true, false, true)
		}
		fallthrough
	case 'O':
		rest, ok := strings.CutPrefix(s, "GMT")
		if !ok || rest == "" || rest[0] != '+' && rest[0] != '-' {
			return rest, ok
		}
		n := 1 + len(rest[1:]) - len(strings.TrimLeft(rest[1:], "0123456789:"))
		return r.named(rest[:n], rest[n:])
	}
	n := len(s) - len(strings.TrimLeftFunc(s, isZoneSign))
	if full, ok := zoneNames[strings.ToUpper(s[:n])]; ok && it.letter == 'z' {
		return r.named(full, s[n:])
	}
	return r.named(s[:n], s[n:])
}

func isZoneSign(c rune) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.ContainsRune("+-:/_~.", c)
}

func (r *reading) named(name, rest string) (string, bool) {
	var ok bool
	r.zone, ok = r.zones.zone(name)
	return rest, ok
}

// readOffset takes +hh:mm or +hhmm, +hh where the minutes may be left out, and
// seconds behind them where it may.
func (r *reading) readOffset(s string, colon, short, withSeconds bool) (string, bool) {
	if s == "" || s[0] != '+' && s[0] != '-' {
		return s, false
	}
	sign := 1
	if s[0] == '-' {
		sign = -1
	}
	hours, rest, ok := cut2(s[1:])
	if !ok {
		return s, false
	}
	minutes := 0
	after, sep := rest, true
	if colon {
		after, sep = strings.CutPrefix(rest, ":")
	}
	if m, tail, ok := cut2(after); ok && sep {
		minutes, rest = m, tail
	} else if !short {
		return s, false
	}
	seconds := 0
	if withSeconds {
		after, sep = rest, true
		if colon {
			after, sep = strings.CutPrefix(rest, ":")
		}
		if n, tail, ok := cut2(after); ok && sep {
			seconds, rest = n, tail
		}
	}
	total := hours*3600 + minutes*60 + seconds
	r.offset = sign * total
	return rest, total <= 18*3600 && minutes < 60 && seconds < 60
}

func cut2(s string) (n int, rest string, ok bool) {
	if len(s) < 2 || s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' {
		return 0, s, false
	}
	return int(s[0]-'0')*10 + int(s[1]-'0'), s[2:], true
}

// fixedZone is the zone of an offset.
func fixedZone(offset int) *time.Location {
	if offset == 0 {
		return time.UTC
	}
	return time.FixedZone("", offset)
}
