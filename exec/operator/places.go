package operator

import "math"

// places lets groups go, which a GroupTable cannot: a key keeps its number for
// ever, but its group gets a new place in the accumulators when it comes again
// after it has gone. Places are not used twice, so that a new group is empty.
type places struct {
	at   []uint32 // by the key's number: its place plus one; 0 is none
	keys []uint32 // by place: the key's number; unplaced once the group has gone
	gone int      // places without a group
	out  []uint32 // scratch, and the result of find
}

const unplaced = math.MaxUint32

// find returns the places of keys, of which there are n, and gives new ones to
// those that have none. The result is valid until the next call.
func (p *places) find(numbers []uint32, n int) []uint32 {
	if n > len(p.at) {
		p.at = append(p.at, make([]uint32, n-len(p.at))...)
	}
	p.out = resize(p.out, len(numbers))
	for j, k := range numbers {
		at := p.at[k]
		if at == 0 {
			p.keys = append(p.keys, k)
			at = uint32(len(p.keys))
			p.at[k] = at
		}
		p.out[j] = at - 1
	}
	return p.out
}

// numbers returns the numbers of the keys of groups, none of which has gone.
func (p *places) numbers(ids []uint32) []uint32 {
	out := make([]uint32, len(ids))
	for j, g := range ids {
		out[j] = p.keys[g]
	}
	return out
}

// remove lets a group go.
func (p *places) remove(g uint32) {
	if k := p.keys[g]; k != unplaced {
		if p.at[k] == g+1 {
			p.at[k] = 0
		}
		p.keys[g] = unplaced
		p.gone++
	}
}

// hide gives the key of a group that is about to go a new place if it comes again;
// show takes that back. In between the group can still be read.
func (p *places) hide(g uint32) { p.at[p.keys[g]] = 0 }
func (p *places) show(g uint32) { p.at[p.keys[g]] = g + 1 }

// has tells whether a group is there and not hidden.
func (p *places) has(g uint32) bool { return p.keys[g] != unplaced && p.at[p.keys[g]] == g+1 }

// truncate forgets the places from n on, and the keys from the given number on.
func (p *places) truncate(n, keys int) {
	for _, k := range p.keys[n:] {
		p.at[k] = 0
	}
	p.keys, p.at = p.keys[:n], p.at[:min(keys, len(p.at))]
}

func (p *places) bytes() int64 { return int64(cap(p.at)+cap(p.keys)+cap(p.out)) * 4 }
