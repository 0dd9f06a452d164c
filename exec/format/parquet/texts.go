package parquet

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// texts are values of any length.
type texts struct {
	typ     arrow.DataType
	bytes   []byte
	ends    []int32 // of the values, after a 0
	page    text
	at      int // in page
	dict    text
	decoded codes
}

// text is bytes and where each value begins, and the last ends.
type text struct {
	bytes   []byte
	offsets []uint32
}

func (t *texts) reset(n int) {
	t.bytes, t.ends = make([]byte, 0, len(t.bytes)), append(make([]int32, 0, n+1), 0)
}

func (t *texts) load(page pq.Page) (err error) {
	other := t.decoded.load(page)
	t.at = 0
	switch {
	case t.decoded.dict == nil:
		t.page, err = textOf(page.Data())
	case other:
		t.dict, err = textOf(t.decoded.dict.Page().Data())
	}
	return err
}

// textOf takes values of a length of their own, or all of one.
func textOf(v encoding.Values) (text, error) {
	if v.Kind() == encoding.FixedLenByteArray {
		data, size := v.FixedLenByteArray()
		if size == 0 {
			return text{}, errPage
		}
		out := text{data, make([]uint32, len(data)/size+1)}
		for i := range out.offsets {
			out.offsets[i] = uint32(i * size)
		}
		return out, nil
	}
	data, offsets := v.ByteArray()
	last := uint32(0)
	for _, o := range offsets {
		if o < last {
			return text{}, errPage
		}
		last = o
	}
	if int(last) > len(data) {
		return text{}, errPage
	}
	return text{data, offsets}, nil
}

func (t *texts) take(n int) error {
	if n == 0 {
		return nil
	}
	if t.decoded.dict != nil {
		return t.lookUp(n)
	}
	if t.at+n >= len(t.page.offsets) {
		return errPage
	}
	offsets := t.page.offsets[t.at : t.at+n+1]
	t.at += n
	shift := len(t.bytes) - int(offsets[0])
	t.bytes = append(t.bytes, t.page.bytes[offsets[0]:offsets[n]]...)
	for _, o := range offsets[1:] {
		t.ends = append(t.ends, int32(shift+int(o)))
	}
	return fits(len(t.bytes))
}

// lookUp takes values out of the dictionary.
func (t *texts) lookUp(n int) error {
	next, err := t.decoded.next(n)
	if err != nil {
		return err
	}
	for _, c := range next {
		if uint(c)+1 >= uint(len(t.dict.offsets)) {
			return errDictionary
		}
		t.bytes = append(t.bytes, t.dict.bytes[t.dict.offsets[c]:t.dict.offsets[c+1]]...)
		t.ends = append(t.ends, int32(len(t.bytes)))
	}
	return fits(len(t.bytes))
}

// fits refuses what offsets of 32 bits cannot reach.
func fits(n int) error {
	if n > 1<<31-1 {
		return fmt.Errorf("%d bytes of text in one batch; write the file with smaller values", n)
	}
	return nil
}

func (t *texts) data(valid *bits) *array.Data {
	ends := t.ends
	if valid.nulls > 0 {
		ends = spreadEnds(ends, valid)
	}
	buffers := []*memory.Buffer{valid.buffer(), memory.NewBufferBytes(arrow.GetBytes(ends)), memory.NewBufferBytes(t.bytes)}
	return array.NewData(t.typ, valid.n, buffers, nil, valid.nulls, 0)
}

// spreadEnds gives nulls the end of the value before.
func spreadEnds(ends []int32, valid *bits) []int32 {
	from := len(ends) - 1
	for len(ends) < valid.n+1 {
		ends = append(ends, 0)
	}
	for i := valid.n - 1; i >= 0; i-- {
		ends[i+1] = ends[from]
		if valid.has(i) {
			from--
		}
	}
	return ends
}
