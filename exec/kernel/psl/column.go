package psl

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Column returns the registered domains of a column of names, row by row: null
// where the name is null or Domain says so. sel holds the numbers of the rows
// that count, ascending, nil meaning all; the answer has as many rows as in, and
// the rows that do not count are empty and not null. Nothing is allocated for a
// row but where Domain would. in is not changed, and none of its buffers is kept.
func (r *Rules) Column(in *array.String, sel []int32, mode Mode) *array.String {
	n := in.Len()
	w := writer{offsets: make([]int32, n+1), data: make([]byte, 0, len(in.ValueBytes())+wide), mode: mode}
	if n > 0 {
		w.names, w.at = in.Data().Buffers()[2].Bytes(), in.ValueOffsets()
	}
	if in.NullN() > 0 {
		w.known, w.first = in.NullBitmapBytes(), in.Data().Offset()
	}
	if sel == nil {
		for i := range n {
			r.row(&w, i)
		}
		return w.array(n)
	}
	next := 0
	for _, i := range sel {
		w.skip(next, int(i))
		r.row(&w, int(i))
		next = int(i) + 1
	}
	w.skip(next, n)
	return w.array(n)
}

// writer reads one column and collects the one that Column returns.
type writer struct {
	names []byte
	at    []int32 // row i is names[at[i]:at[i+1]]
	known []byte  // nil where no name is null; else bit first+i says that row i is not
	first int

	offsets []int32
	data    []byte
	valid   []byte // nil while no row is null
	nulls   int
	mode    Mode
}

// row answers for row i; all before it are done.
func (r *Rules) row(w *writer, i int) {
	if w.known != nil && !bitutil.BitIsSet(w.known, w.first+i) {
		w.setNull(i)
		w.offsets[i+1] = int32(len(w.data))
		return
	}
	name := w.names[w.at[i]:w.at[i+1]]
	switch start, end, what := r.locate(name, w.mode); what {
	case found:
		w.copy(int(w.at[i])+start, end-start)
		if w.mode != Extract && hasUpper(name[start:end]) {
			lowerASCII(w.data[len(w.data)-(end-start):])
		}
	case null:
		w.setNull(i)
	case unusual:
		domain, ok := r.normalised(unsafe.String(unsafe.SliceData(name), len(name)), w.mode)
		if !ok {
			w.setNull(i)
		}
		w.data = append(w.data, domain...)
	}
	w.offsets[i+1] = int32(len(w.data))
}

// wide is how much is copied of a short domain: as much as one instruction can.
const wide = 32

// copy appends n bytes of names.
func (w *writer) copy(from, n int) {
	to := len(w.data)
	if n > wide || from+wide > len(w.names) || to+wide > cap(w.data) {
		w.data = append(w.data, w.names[from:from+n]...)
		return
	}
	*(*[wide]byte)(w.data[to : to+wide]) = *(*[wide]byte)(w.names[from : from+wide])
	w.data = w.data[:to+n]
}

// skip leaves rows [from, to) empty.
func (w *writer) skip(from, to int) {
	for ; from < to; from++ {
		w.offsets[from+1] = int32(len(w.data))
	}
}

func (w *writer) setNull(i int) {
	if w.valid == nil {
		w.valid = make([]byte, bitutil.BytesForBits(int64(len(w.offsets)-1)))
		for k := range w.valid {
			w.valid[k] = 0xff
		}
	}
	bitutil.ClearBit(w.valid, i)
	w.nulls++
}

func (w *writer) array(n int) *array.String {
	var valid *memory.Buffer
	if w.valid != nil {
		valid = memory.NewBufferBytes(w.valid)
	}
	buffers := []*memory.Buffer{valid, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(w.offsets)), memory.NewBufferBytes(w.data)}
	return array.NewStringData(array.NewData(arrow.BinaryTypes.String, n, buffers, nil, w.nulls, 0))
}

func lowerASCII(b []byte) {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
}
