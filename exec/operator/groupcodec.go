package operator

import (
	"encoding/json"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/zeebo/xxh3"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

type groupRows struct{ types []arrow.DataType }

func (c *groupRows) Encoder(cols []arrow.Array) (func(dst []byte, i int) []byte, error) {
	return func(dst []byte, i int) []byte {
		var row []any
		for _, a := range cols {
			row = append(row, a.GetOneForMarshal(i))
		}
		b, _ := json.Marshal(row)
		return append(dst, b...)
	}, nil
}

func (c *groupRows) Decode(rows [][]byte) ([]arrow.Array, error) {
	lists := make([][]string, len(c.types))
	for _, r := range rows {
		var row []json.RawMessage
		if err := json.Unmarshal(r, &row); err != nil {
			return nil, err
		}
		for k := range lists {
			lists[k] = append(lists[k], string(row[k]))
		}
	}
	var out []arrow.Array
	for k, dt := range c.types {
		a, _, err := array.FromJSON(memory.DefaultAllocator, dt, strings.NewReader("["+strings.Join(lists[k], ",")+"]"))
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// groupCodec turns keys and states of an aggregation into bytes and back.
type groupCodec struct {
	keys *groupRows
	rows *groupRows
}

func newGroupCodec(a *Aggregation) (*groupCodec, error) {
	return &groupCodec{&groupRows{a.keyTypes}, &groupRows{a.stateTypes()}}, nil
}

func (c *groupCodec) decodeKeys(keys [][]byte) ([]arrow.Array, error) { return c.keys.Decode(keys) }

// tableKeys are keys of a table of state: group, space, canonical encoding.
type tableKeys struct{ encoded }

func newTableKeys(cols []arrow.Array, n int, space byte) (tableKeys, error) {
	canon, err := encodeKeys(cols, n)
	if err != nil {
		return tableKeys{}, err
	}
	enc, err := (&groupRows{}).Encoder(cols)
	k := tableKeys{}
	for i := range n {
		k.data = state.AppendKey(k.data, state.KeyGroup(xxh3.Hash(canon.at(i))), space)
		k.data = enc(k.data, i)
		k.ends = append(k.ends, len(k.data))
	}
	return k, err
}

func (k tableKeys) each(f func(key []byte) error) error {
	for i := range k.ends {
		if err := f(k.at(i)); err != nil {
			return err
		}
	}
	return nil
}

// decode returns pairs of a table, whose keys lack their beginning, as rows of a
// partial result.
func (c *groupCodec) decode(a *Aggregation, keys, values pairs) (batch.Batch, error) {
	keyCols, err := c.decodeKeys(keys.list())
	if err != nil {
		return batch.Batch{}, err
	}
	stateCols, err := c.rows.Decode(values.list())
	if err != nil {
		return batch.Batch{}, err
	}
	return newBatch(a.partial, append(keyCols, stateCols...), len(keys.ends)), nil
}
