package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// groupCodec turns keys and states of an aggregation into bytes and back.
type groupCodec struct {
	agg  *Aggregation
	keys *state.KeyCodec
	rows *state.RowCodec
}

func newGroupCodec(a *Aggregation) (*groupCodec, error) {
	keys, err := state.NewKeyCodec(a.keyTypes)
	if err != nil {
		return nil, err
	}
	rows, err := state.NewRowCodec(a.stateTypes())
	return &groupCodec{a, keys, rows}, err
}

// decode returns pairs of a table as rows of a partial result.
func (c *groupCodec) decode(keys, values pairs) (batch.Batch, error) {
	keyCols, err := c.keys.Decode(keys.list(state.KeyPrefix))
	if err != nil {
		return batch.Batch{}, err
	}
	stateCols, err := c.rows.Decode(values.list(0))
	if err != nil {
		return batch.Batch{}, err
	}
	return newBatch(c.agg.partial, append(keyCols, stateCols...), keys.len()), nil
}

// stateTypes are the types of all accumulators' states, one after the other.
func (a *Aggregation) stateTypes() []arrow.DataType {
	var out []arrow.DataType
	for _, f := range a.partial.Fields()[len(a.keys):] {
		out = append(out, f.Type)
	}
	return out
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

func (p *pairs) reset() { p.data, p.ends = p.data[:0], p.ends[:0] }

func (p pairs) len() int { return len(p.ends) }

func (p pairs) at(i int) []byte {
	from := 0
	if i > 0 {
		from = p.ends[i-1]
	}
	return p.data[from:p.ends[i]:p.ends[i]]
}

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
