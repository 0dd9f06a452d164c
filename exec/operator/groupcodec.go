package operator

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/riffledata/riffle/exec/state"
)

// groupCodec turns keys and states of an aggregation into bytes and back.
type groupCodec struct {
	agg  *Aggregation
	keys *state.KeyCodec
	rows *state.RowCodec
	// of the entries beside the groups, by space
	values []*valueCodec
}

func newGroupCodec(a *Aggregation) (*groupCodec, error) {
	keys, err := state.NewKeyCodec(a.keyTypes)
	if err != nil {
		return nil, err
	}
	rows, err := state.NewRowCodec(typesOf(a.row))
	if err != nil {
		return nil, err
	}
	c := &groupCodec{agg: a, keys: keys, rows: rows}
	for _, k := range a.kept {
		v, err := newValueCodec(a, k)
		if err != nil {
			return nil, err
		}
		c.values = append(c.values, v)
	}
	return c, nil
}

// decode returns pairs of a table as the keys of groups and the columns of their
// rows.
func (c *groupCodec) decode(keys, values pairs) (groups, rows []arrow.Array, err error) {
	if groups, err = c.keys.Decode(keys.list(state.KeyPrefix)); err != nil {
		return nil, nil, err
	}
	rows, err = c.rows.Decode(values.list(0))
	return groups, rows, err
}

// pairs are keys, or values, of a table, one after the other.
type pairs struct {
	data []byte
	ends []int
}

func (p *pairs) add(b []byte) {
	p.data = append(p.data, b...)
	p.ends = append(p.ends, len(p.data))
}

// cut leaves the first n.
func (p *pairs) cut(n int) {
	if p.ends = p.ends[:n]; n == 0 {
		p.data = p.data[:0]
		return
	}
	p.data = p.data[:p.ends[n-1]]
}

func (p *pairs) reset() { p.data, p.ends = p.data[:0], p.ends[:0] }

func (p pairs) len() int { return len(p.ends) }

func (p pairs) at(i int) []byte {
	from := 0
	if i > 0 {
		from = p.ends[i-1]
	}
	return p.data[from:p.ends[i]:p.ends[i]]
}

// lenAt is the length of one of them.
func (p pairs) lenAt(i int) int { return len(p.at(i)) }

// list returns all without their first bytes.
func (p pairs) list(skip int) [][]byte {
	out, from := make([][]byte, len(p.ends)), 0
	for i, end := range p.ends {
		out[i] = p.data[from+skip : end : end]
		from = end
	}
	return out
}

// after appends what comes right behind the last one to dst.
func (p pairs) after(dst []byte) []byte {
	if p.len() == 0 {
		return dst
	}
	return append(append(dst[:0], p.at(p.len()-1)...), 0)
}

func (p *pairs) bytes() int64 { return int64(cap(p.data) + 8*cap(p.ends)) }
