package operator

import (
	"math"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
)

// wordDict is the dictionary of a column whose values fit in a word: integers,
// floats, booleans, dates, timestamps.
type wordDict struct {
	nullCode
	dt    arrow.DataType
	conv  wordConversion
	table *wordTable
	words []uint64 // scratch: the words of the selected rows
	rows  []int32  // scratch, never nil: the selected rows that are not null,
	at    []int32  // their places among the selected ones,
	codes []uint32 // and their codes
}

func (d *wordDict) encode(a arrow.Array, rows kernel.Rows, out []uint32) error {
	if err := checkType(a, d.dt); err != nil {
		return err
	}
	valid := validOf(a)
	if valid.bits == nil {
		d.words = d.conv.words(a, rows, d.words[:0])
		d.table.lookup(d.words, out)
		return nil
	}
	from := 0
	if d.nullCode.at < 0 { // the first null is numbered in its turn
		for from < len(out) && valid.at(row(rows, from)) {
			from++
		}
		d.encodePart(a, valid, rows, 0, out[:from])
	}
	d.encodePart(a, valid, rows, from, out[from:])
	return nil
}

// encodePart sets the codes of the selected rows from the given one on.
func (d *wordDict) encodePart(a arrow.Array, valid bitmap, rows kernel.Rows, from int, out []uint32) {
	d.rows, d.at = d.rows[:0], d.at[:0]
	for j := range out {
		if i := row(rows, from+j); valid.at(i) {
			d.rows, d.at = append(d.rows, int32(i)), append(d.at, int32(j))
		} else {
			out[j] = d.null()
		}
	}
	d.words = d.conv.words(a, kernel.Rows{N: rows.N, Sel: d.rows}, d.words[:0])
	d.codes = resize(d.codes, len(d.words))
	d.table.lookup(d.words, d.codes)
	for k, j := range d.at {
		out[j] = d.codes[k]
	}
}

// null returns the code of null: a word without a slot.
func (d *wordDict) null() uint32 {
	if d.nullCode.at < 0 {
		d.nullCode.at = int64(d.table.addHole())
	}
	return uint32(d.nullCode.at)
}

func (d *wordDict) gather(codes []uint32) (arrow.Array, error) {
	return d.conv.array(d.dt, d.table.words, codes, d.valid(codes)), nil
}

func (d *wordDict) len() int     { return d.table.len() }
func (d *wordDict) bytes() int64 { return d.table.bytes() }

func (d *wordDict) truncate(n int) {
	d.nullCode.truncate(n)
	d.table.truncate(n)
}

// resize returns a slice of n elements, s where it is large enough. The
// elements are undefined.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, n+n/4)
	}
	return s[:n]
}

// wordConversion turns the values of a column into words and back.
type wordConversion struct {
	words func(a arrow.Array, rows kernel.Rows, out []uint64) []uint64
	array func(dt arrow.DataType, words []uint64, codes []uint32, valid bitset) arrow.Array
}

func wordConversions(id arrow.Type, exact bool) (wordConversion, bool) {
	switch id {
	case arrow.BOOL:
		return wordConversion{boolWords, wordBools}, true
	case arrow.INT8:
		return wordConversion{intWords[int8], wordInts[int8]}, true
	case arrow.INT16:
		return wordConversion{intWords[int16], wordInts[int16]}, true
	case arrow.INT32, arrow.DATE32:
		return wordConversion{intWords[int32], wordInts[int32]}, true
	case arrow.INT64, arrow.TIMESTAMP:
		return wordConversion{intWords[int64], wordInts[int64]}, true
	case arrow.FLOAT32:
		if exact {
			return wordConversion{intWords[int32], wordInts[int32]}, true
		}
		return wordConversion{floatWords, wordInts[uint32]}, true
	case arrow.FLOAT64:
		if exact {
			return wordConversion{intWords[int64], wordInts[int64]}, true
		}
		return wordConversion{doubleWords, wordInts[uint64]}, true
	}
	return wordConversion{}, false
}

func intWords[T int8 | int16 | int32 | int64](a arrow.Array, rows kernel.Rows, out []uint64) []uint64 {
	vals := batch.Values[T](a)
	if rows.Sel == nil {
		for _, v := range vals {
			out = append(out, uint64(v))
		}
		return out
	}
	for _, i := range rows.Sel {
		out = append(out, uint64(vals[i]))
	}
	return out
}

func wordInts[T int8 | int16 | int32 | int64 | uint32 | uint64](dt arrow.DataType, words []uint64, codes []uint32, valid bitset) arrow.Array {
	vals := make([]T, len(codes))
	for j, c := range codes {
		vals[j] = T(words[c])
	}
	return newFixed(dt, vals, valid)
}

func floatWords(a arrow.Array, rows kernel.Rows, out []uint64) []uint64 {
	vals := batch.Values[float32](a)
	for j := range rows.Count() {
		out = append(out, uint64(math.Float32bits(normalFloat(vals[row(rows, j)]))))
	}
	return out
}

func doubleWords(a arrow.Array, rows kernel.Rows, out []uint64) []uint64 {
	vals := batch.Values[float64](a)
	for j := range rows.Count() {
		out = append(out, math.Float64bits(normalFloat(vals[row(rows, j)])))
	}
	return out
}

// normalFloat returns v with one NaN for all, and 0 for -0.
func normalFloat[T float32 | float64](v T) T {
	if math.IsNaN(float64(v)) {
		return T(math.NaN())
	}
	return v + 0 // -0 + 0 is 0
}

func boolWords(a arrow.Array, rows kernel.Rows, out []uint64) []uint64 {
	vals := boolsOf(a)
	for j := range rows.Count() {
		w := uint64(0)
		if vals.at(row(rows, j)) {
			w = 1
		}
		out = append(out, w)
	}
	return out
}

func wordBools(dt arrow.DataType, words []uint64, codes []uint32, valid bitset) arrow.Array {
	vals := newBitset(len(codes))
	for j, c := range codes {
		vals.put(j, words[c] != 0)
	}
	return newArray(dt, len(codes), valid, vals)
}
