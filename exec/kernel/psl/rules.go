package psl

import (
	"math/bits"
	"strings"
	"sync"

	"github.com/weppos/publicsuffix-go/publicsuffix"
)

// What a node is, for ICANN's rules in the low half of its flags, for all rules
// in the high half.
const (
	isSuffix    = 1 << iota // a rule ends here
	isWildcard              // any label below here is a suffix, too
	isException             // but not this one: the suffix is the parent
	hasBelow                // there are longer rules

	anyShift = 4
)

// node is a suffix that is a rule, or the right part of one: 24 bytes, without
// pointers. Node 0 is the root, the empty suffix.
type node struct {
	far, near uint64 // the first label, as label has it
	parent    uint16 // the suffix without its first label
	long      uint16 // 0, or 1 + the index in Rules.long of a label of more than 16 bytes
	size      uint8  // bytes of the first label
	flags     uint8
}

// Rules is a compiled list of public suffixes. It is immutable and safe for
// concurrent use.
type Rules struct {
	nodes []node
	slots *[1 << slotBits]uint32 // open addressing: hash tag << 16 | node, 0 means free
	long  []string               // whole labels of more than 16 bytes
}

// Default returns the rules of the list that is compiled in. The first call
// compiles them, in about a millisecond.
func Default() *Rules { return compiled() }

var compiled = sync.OnceValue(func() *Rules { return compile(publicsuffix.DefaultRules()) })

const (
	slotBits = 15 // 32768 slots for some 11,000 nodes: short probes, 128 KB
	slotMask = 1<<slotBits - 1
)

func compile(list [10154]publicsuffix.Rule) *Rules {
	r := &Rules{nodes: make([]node, 1, 12<<10), slots: new([1 << slotBits]uint32)}
	for i := range list {
		r.add(&list[i])
	}
	return r
}

// add enters one rule. Values are in lower case and ASCII.
func (r *Rules) add(rule *publicsuffix.Rule) {
	rights := uint8(isSuffix)
	switch rule.Type {
	case publicsuffix.WildcardType:
		rights = isWildcard
	case publicsuffix.ExceptionType:
		rights = isException
	}
	at, rest := uint16(0), rule.Value
	for rest != "" {
		label := rest[strings.LastIndexByte(rest, '.')+1:]
		rest = strings.TrimSuffix(rest[:len(rest)-len(label)], ".")
		r.grant(at, hasBelow, rule.Private)
		at = r.child(at, label)
	}
	r.grant(at, rights, rule.Private)
	if rights == isWildcard {
		r.grant(at, hasBelow, rule.Private)
	}
}

func (r *Rules) grant(at uint16, rights uint8, private bool) {
	r.nodes[at].flags |= rights << anyShift
	if !private {
		r.nodes[at].flags |= rights
	}
}

// child returns the node of a label below parent, new or not.
func (r *Rules) child(parent uint16, text string) uint16 {
	b := bytesOf(text)
	l := lastLabel(b, len(b))
	if at := r.find(parent, l, b); at != 0 {
		return at
	}
	slot, tag := place(parent, l)
	for r.slots[slot] != 0 {
		slot = (slot + 1) & slotMask
	}
	n := node{far: l.far, near: l.near, parent: parent, size: uint8(len(b))}
	if l.rest != 0 {
		r.long = append(r.long, text)
		n.long = uint16(len(r.long))
	}
	r.nodes = append(r.nodes, n)
	at := uint16(len(r.nodes) - 1)
	r.slots[slot] = tag<<16 | uint32(at)
	return at
}

// place returns the first slot to look at for a label below parent, and the
// tag that tells most other entries apart without a look at their nodes.
func place(parent uint16, l label) (slot, tag uint32) {
	h := (l.near ^ bits.RotateLeft64(l.far, 29) ^ l.rest ^ uint64(parent)) * 0x9e3779b97f4a7c15
	h ^= h >> 32
	h *= 0xbf58476d1ce4e5b9
	return uint32(h >> (64 - slotBits)), uint32(h>>32) & 0xffff
}

// find returns the node of a label below parent, or 0. text is the whole label,
// in any case; its bytes are compared.
func (r *Rules) find(parent uint16, l label, text []byte) uint16 {
	slot, tag := place(parent, l)
	for ; ; slot++ {
		e := r.slots[slot&slotMask]
		if e == 0 {
			return 0
		}
		if e>>16 != tag {
			continue
		}
		n := &r.nodes[uint16(e)]
		if n.near == l.near && n.far == l.far && n.parent == parent && int(n.size) == len(text) &&
			(n.long == 0 || equalFold(text, r.long[n.long-1])) {
			return uint16(e)
		}
	}
}
