package memory

import (
	"cmp"
	"encoding/binary"

	"github.com/riffledata/riffle/exec/state"
	"github.com/riffledata/riffle/exec/state/btree"
)

// parts is what was restored of one operator, until its tables are made: trees
// of so many key groups each, so that memory goes as the pairs are handed out.
type parts struct {
	operator string
	budget   *state.Budget
	trees    [state.KeyGroups / groupsOfPart]btree.Tree
	taken    [state.KeyGroups / groupsOfPart]int // groups
}

const groupsOfPart = 64

func (p *parts) add(key, value []byte) error {
	t := &p.trees[state.GroupOf(key)/groupsOfPart]
	from := t.Bytes()
	t.Set(key, value)
	if t.Bytes() == from {
		return nil
	}
	return p.budget.Resize(p.operator, from, t.Bytes())
}

// take moves the pairs of a range into a table.
func (p *parts) take(groups state.Range, into *keyed) error {
	for i := range p.trees {
		from, to := max(groups.From, i*groupsOfPart), min(groups.To, (i+1)*groupsOfPart)
		if from >= to {
			continue
		}
		err := p.trees[i].Scan(group(from), group(to), func(key, value []byte) error {
			into.tree.Set(key, value)
			return nil
		})
		if p.taken[i] += to - from; p.taken[i] == groupsOfPart {
			p.drop(i)
		}
		if err = cmp.Or(err, into.charge()); err != nil {
			return err
		}
	}
	return nil
}

// drop gives the memory of one tree back.
func (p *parts) drop(i int) {
	_ = p.budget.Resize(p.operator, p.trees[i].Bytes(), 0)
	p.trees[i] = btree.Tree{}
}

// dropAll gives the memory back.
func (p *parts) dropAll() {
	for i := range p.trees {
		p.drop(i)
	}
}

// group is the beginning of a group's keys.
func group(g int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(g)) }
