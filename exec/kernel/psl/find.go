package psl

import (
	"bytes"
	"strings"
)

// suffix walks the labels of b from the right, all rules of a mode's shift
// applied. It returns where the longest public suffix starts, len(b) where none
// fits. b is not empty, its labels are ASCII in any case, and it does not end in
// a dot.
func (r *Rules) suffix(b []byte, shift uint8) int {
	best, end, at := len(b), len(b), uint16(0)
	for {
		l, short := shortLabel(b, end)
		if !short {
			l = lastLabel(b, end)
		}
		wild := r.nodes[at].flags>>shift&isWildcard != 0
		if at = r.find(at, l, b[l.start:end]); at == 0 {
			if wild && l.start < end {
				best = l.start
			}
			return best
		}
		rights := r.nodes[at].flags >> shift
		if rights&isException != 0 {
			return end + 1
		}
		if wild || rights&isSuffix != 0 {
			best = l.start
		}
		if rights&hasBelow == 0 || l.start == 0 {
			return best
		}
		end = l.start - 1
	}
}

// Domain returns the registered domain of a host name. The answer is a part of
// name and costs no allocation, but where letters must change: upper case in
// modes ICANN and Private, full-width dots. ok is false where the answer is
// null; "" with ok true is a name without a registered domain in mode Extract.
func (r *Rules) Domain(name string, mode Mode) (domain string, ok bool) {
	start, end, what := r.locate(bytesOf(name), mode)
	switch {
	case what == unusual:
		return r.normalised(name, mode)
	case what == null:
		return "", false
	}
	domain = name[start:end]
	if mode != Extract && hasUpper(bytesOf(domain)) {
		domain = strings.ToLower(domain)
	}
	return domain, true
}

// answer says what locate has found.
type answer uint8

const (
	found   answer = iota
	null           // the answer is null
	unusual        // the name must be normalised first
)

// locate answers for a name that is plain but for its letter case. The domain
// is b[start:end], letter case unchanged; empty means "".
func (r *Rules) locate(b []byte, mode Mode) (start, end int, what answer) {
	n := len(b)
	if n == 0 {
		return 0, 0, null
	}
	if b[n-1] == '.' || odd(b) {
		return 0, 0, unusual
	}
	return r.domain(b, mode)
}

// domain is locate for an ASCII name that is neither empty nor ends in a dot.
func (r *Rules) domain(b []byte, mode Mode) (start, end int, what answer) {
	n := len(b)
	suffix := r.suffix(b, mode.shift())
	if suffix == n {
		if mode == Extract {
			if bytes.HasSuffix(b, dotLocal) {
				return n - len(local), n, found
			}
			return 0, 0, found
		}
		if isIP(b) {
			return 0, 0, null
		}
		suffix = labelStart(b, n)
	}
	if suffix > 0 {
		start = labelStart(b, suffix-1)
	}
	switch {
	case start < suffix-1:
		return start, n, found
	case mode == Extract:
		return 0, 0, found
	}
	return 0, 0, null
}

var dotLocal = []byte("." + local)
