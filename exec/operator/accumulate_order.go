package operator

import (
	"bytes"
	"cmp"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/kernel"
)

// orderKeys are what orders numbered tuples by one of their columns: integers
// where the column's values are such, else bytes.
type orderKeys struct {
	wide  bool
	words []int64
	ends  []uint64 // by tuple: where its bytes end
	arena []byte
}

func newOrderKeys(dt arrow.DataType) (orderKeys, error) {
	if orderedWords(newNulls(dt, 0)) != nil {
		return orderKeys{}, nil
	}
	if _, err := newAppender(newNulls(dt, 0), false, true); err != nil {
		return orderKeys{}, fmt.Errorf("values of Arrow type %s have no order", dt)
	}
	return orderKeys{wide: true}, nil
}

// learn takes in the keys of tuples that it does not know yet. Tuples are
// numbered in the order of rows; those between that did not count have no key.
func (o *orderKeys) learn(v kernel.Value, c rowChanges) error {
	if v.Array.DataType().ID() == arrow.NULL {
		return nil
	}
	if o.wide {
		return o.learnBytes(v, c)
	}
	word := orderedWords(v.Array)
	for k, t := range c.tuples {
		if int(t) < len(o.words) {
			continue
		}
		for int(t) > len(o.words) {
			o.words = append(o.words, 0)
		}
		o.words = append(o.words, word(keyRow(v, c.at[k])))
	}
	return nil
}

func (o *orderKeys) learnBytes(v kernel.Value, c rowChanges) error {
	f, err := newAppender(v.Array, false, true)
	if err != nil {
		return err
	}
	for k, t := range c.tuples {
		if int(t) < len(o.ends) {
			continue
		}
		for int(t) > len(o.ends) {
			o.ends = append(o.ends, uint64(len(o.arena)))
		}
		o.arena = f(o.arena, keyRow(v, c.at[k]))
		o.ends = append(o.ends, uint64(len(o.arena)))
	}
	return nil
}

func keyRow(v kernel.Value, i int32) int {
	if v.Const {
		return 0
	}
	return int(i)
}

// compare is below, at or above 0 as tuple a comes before, with or after b.
func (o *orderKeys) compare(a, b uint32) int {
	if !o.wide {
		return cmp.Compare(o.words[a], o.words[b])
	}
	return bytes.Compare(o.at(a), o.at(b))
}

func (o *orderKeys) at(t uint32) []byte {
	from := uint64(0)
	if t > 0 {
		from = o.ends[t-1]
	}
	return o.arena[from:o.ends[t]]
}

func (o *orderKeys) bytes() int64 { return int64(cap(o.words)+cap(o.ends))*8 + int64(cap(o.arena)) }
