package main

import (
	"bytes"
	"encoding/json"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// maxRows is the number of rows of a batch.
const maxRows = 8192

// textColumn is an Arrow column of text while it is filled. A batch's columns
// are fresh: what is handed on is never written to again.
type textColumn struct {
	offsets []int32
	data    []byte
	valid   []byte // nil while no row is null
	nulls   int
	set     bool // the row that is being read has a value
	usual   int  // bytes of data of the batch before
}

// textBatch is the columns that are being filled.
type textBatch struct {
	cols [numCols]textColumn
	rows int
}

// start makes room for a new batch.
func (w *textBatch) start() {
	w.rows = 0
	for i := range w.cols {
		c := &w.cols[i]
		*c = textColumn{offsets: make([]int32, maxRows+1), data: make([]byte, 0, max(c.usual+c.usual/8, 64<<10)), usual: c.usual}
	}
}

// line reads one record as a row, or as none where it is not valid.
func (w *textBatch) line(b unsafe.Pointer, p, end int) bool {
	ok := w.record(b, p, end)
	for i := range w.cols {
		c := &w.cols[i]
		if !ok {
			c.data = c.data[:c.offsets[w.rows]]
		} else if !c.set {
			c.setNull(w.rows)
		}
		c.set = false
		c.offsets[w.rows+1] = int32(len(c.data))
	}
	if ok {
		w.rows++
	}
	return ok
}

// store keeps the value b[from:to] as the column's value in this row: the
// content of a text, null, or anything else as it is written.
func (w *textBatch) store(col int, b unsafe.Pointer, from, to int) {
	c := &w.cols[col]
	c.data = c.data[:c.offsets[w.rows]] // of two equal keys the last counts
	c.set = true
	switch char(b, from) {
	case '"':
		from, to = from+1, to-1
	case 'n':
		c.set = false
		return
	}
	n, at := to-from, len(c.data)
	if cap(c.data)-at < n+32 {
		c.data = append(make([]byte, 0, 2*cap(c.data)+n+32), c.data...)
	}
	c.data = c.data[:at+n]
	dst := unsafe.Add(unsafe.Pointer(unsafe.SliceData(c.data)), at)
	if n <= 32 {
		*(*[32]byte)(dst) = *(*[32]byte)(unsafe.Add(b, from))
	} else {
		copy(c.data[at:], unsafe.Slice((*byte)(unsafe.Add(b, from)), n))
	}
	if bytes.IndexByte(c.data[at:], '\\') >= 0 {
		c.data = append(c.data[:at], unescaped(c.data[at:])...)
	}
}

// unescaped returns the text that a checked JSON text without its quotes stands for.
func unescaped(raw []byte) string {
	var s string
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	if json.Unmarshal([]byte(`"`+string(raw)+`"`), &s) != nil {
		return ""
	}
	return s
}

func (c *textColumn) setNull(row int) {
	if c.valid == nil {
		c.valid = make([]byte, maxRows/8)
		for i := range c.valid {
			c.valid[i] = 0xff
		}
	}
	c.valid[row>>3] &^= 1 << (row & 7)
	c.nulls++
}

// array hands the column on as an Arrow array.
func (c *textColumn) array(rows int) *array.String {
	c.usual = len(c.data)
	var valid *memory.Buffer
	if c.valid != nil {
		valid = memory.NewBufferBytes(c.valid)
	}
	offsets := memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.offsets[:rows+1]))
	buffers := []*memory.Buffer{valid, offsets, memory.NewBufferBytes(c.data)}
	return array.NewStringData(array.NewData(arrow.BinaryTypes.String, rows, buffers, nil, c.nulls, 0))
}
