package memory

import (
	"encoding/binary"

	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/btree"
)

// parts is what was restored of one operator, until its tables are made: trees
// of so many key groups each, so that memory goes as the pairs are handed out.
type parts struct {
	trees [state.KeyGroups / groupsOfPart]btree.Tree
	taken [state.KeyGroups / groupsOfPart]int // groups
}

const groupsOfPart = 64

func (p *parts) add(key, value []byte) {
	p.trees[state.GroupOf(key)/groupsOfPart].Set(key, value)
}

// take moves the pairs of a range into a tree.
func (p *parts) take(groups state.Range, into *btree.Tree) {
	for i := range p.trees {
		from, to := max(groups.From, i*groupsOfPart), min(groups.To, (i+1)*groupsOfPart)
		if from >= to {
			continue
		}
		_ = p.trees[i].Scan(group(from), group(to), func(key, value []byte) error {
			into.Set(key, value)
			return nil
		})
		if p.taken[i] += to - from; p.taken[i] == groupsOfPart {
			p.trees[i] = btree.Tree{}
		}
	}
}

// group is the beginning of a group's keys.
func group(g int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(g)) }
