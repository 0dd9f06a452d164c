package parquet

import (
	"errors"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

var (
	errPage       = errors.New("the file is damaged: a page has fewer values than its levels say")
	errDictionary = errors.New("the file is damaged: a value is beyond the end of the dictionary")
)

// codes are the positions in a dictionary that a page has instead of values.
type codes struct {
	dict  pq.Dictionary // of the page, nil where it has values
	codes []int32
}

// load takes up a page; other says that it has another dictionary than the last.
func (c *codes) load(page pq.Page) (other bool) {
	dict := page.Dictionary()
	if dict != nil {
		data := page.Data()
		c.codes = data.Int32()
	}
	other = dict != c.dict && dict != nil
	c.dict = dict
	return other
}

// next gives away the next n codes.
func (c *codes) next(n int) ([]int32, error) {
	if n > len(c.codes) {
		return nil, errPage
	}
	out := c.codes[:n]
	c.codes = c.codes[n:]
	return out, nil
}

// fixed are values of one width.
type fixed[T arrow.FixedWidthType] struct {
	typ arrow.DataType
	// get returns the values of a page, which need not be a copy.
	get  func(v *encoding.Values) ([]T, error)
	out  []T
	page []T
	dict []T // values of the last dictionary
	codes
}

func (f *fixed[T]) reset(n int) { f.out = make([]T, 0, n) }

func (f *fixed[T]) load(page pq.Page) (err error) {
	other := f.codes.load(page)
	switch {
	case f.codes.dict == nil:
		data := page.Data()
		f.page, err = f.get(&data)
	case other:
		data := f.codes.dict.Page().Data()
		f.dict, err = f.get(&data)
	}
	return err
}

func (f *fixed[T]) take(n int) error {
	if f.codes.dict == nil {
		if n > len(f.page) {
			return errPage
		}
		f.out = append(f.out, f.page[:n]...)
		f.page = f.page[n:]
		return nil
	}
	next, err := f.codes.next(n)
	if err != nil {
		return err
	}
	for _, c := range next {
		if uint(c) >= uint(len(f.dict)) {
			return errDictionary
		}
		f.out = append(f.out, f.dict[c])
	}
	return nil
}

func (f *fixed[T]) data(valid *bits) *array.Data {
	out := f.out
	f.out = nil
	if valid.nulls > 0 {
		out = spread(out, valid)
	}
	return array.NewData(f.typ, valid.n, []*memory.Buffer{valid.buffer(), memory.NewBufferBytes(arrow.GetBytes(out))}, nil, valid.nulls, 0)
}

// spread makes room for nulls between values.
func spread[T any](out []T, valid *bits) []T {
	from := len(out)
	var zero T
	for len(out) < valid.n {
		out = append(out, zero)
	}
	for i := valid.n - 1; i >= 0; i-- {
		if valid.has(i) {
			from--
			out[i] = out[from]
		} else {
			out[i] = zero
		}
	}
	return out
}

// booleans are values of one bit.
type booleans struct {
	out  []byte // one a value
	page []byte // bits
	at   int
}

func (b *booleans) reset(n int) { b.out = make([]byte, 0, n) }

func (b *booleans) load(page pq.Page) error {
	data := page.Data()
	b.page, b.at = data.Boolean(), 0
	return nil
}

func (b *booleans) take(n int) error {
	if b.at+n > 8*len(b.page) {
		return errPage
	}
	for i := b.at; i < b.at+n; i++ {
		b.out = append(b.out, b.page[i/8]>>(i%8)&1)
	}
	b.at += n
	return nil
}

func (b *booleans) data(valid *bits) *array.Data {
	out := b.out
	if valid.nulls > 0 {
		out = spread(out, valid)
	}
	packed := newBits(valid.n)
	for _, v := range out[:valid.n] {
		packed.add(v != 0)
	}
	return array.NewData(arrow.FixedWidthTypes.Boolean, valid.n, []*memory.Buffer{valid.buffer(), memory.NewBufferBytes(packed.set)}, nil, valid.nulls, 0)
}

// nothing is a column that is always null.
type nothing struct{}

func (nothing) reset(int)          {}
func (nothing) load(pq.Page) error { return nil }
func (nothing) take(int) error     { return nil }

func (nothing) data(valid *bits) *array.Data {
	return array.NewData(arrow.Null, valid.n, []*memory.Buffer{nil}, nil, valid.n, 0)
}
