package main

import (
	"bytes"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/exec/kernel/psl"
)

// worker runs the job over the chunks it is given: the main job by hand, in
// straight lines, knowing nothing else. It is the limit that the engine is
// measured by.
type worker struct {
	batch  textBatch
	rules  *psl.Rules
	dicts  [numCols]*dict // by host, domain, type
	counts *counts
	sel    []int32
	keys   []uint64
	codes  [numCols][]uint32
	read   int
	bad    int
}

func newWorker() *worker {
	w := &worker{rules: psl.Default(), counts: newCounts(), sel: make([]int32, 0, maxRows), keys: make([]uint64, maxRows)}
	for i := range w.dicts {
		w.dicts[i] = newDict()
		w.codes[i] = make([]uint32, maxRows)
	}
	w.batch.start()
	return w
}

// chunk runs the job over data[:n], whole lines; pad more bytes must be readable.
func (w *worker) chunk(data []byte, n int) {
	base := unsafe.Pointer(unsafe.SliceData(data))
	for p := 0; p < n; {
		end := n
		if i := bytes.IndexByte(data[p:n], '\n'); i >= 0 {
			end = p + i
		}
		if end > p {
			w.read++
			if !w.batch.line(base, p, end) {
				w.bad++
			} else if w.batch.rows == maxRows {
				w.flush()
			}
		}
		p = end + 1
	}
}

// flush counts the rows of the batch, and starts a new one.
func (w *worker) flush() {
	rows := w.batch.rows
	if rows == 0 {
		return
	}
	var cols [numCols]*array.String
	for i := range cols {
		cols[i] = w.batch.cols[i].array(rows)
	}
	w.filter(cols[colQuery])
	query, at := cols[colQuery].ValueBytes(), cols[colQuery].ValueOffsets()
	for i, row := range w.sel {
		q := query[at[row]:at[row+1]]
		domain, ok := w.rules.Domain(unsafe.String(unsafe.SliceData(q), len(q)), psl.Extract)
		w.codes[colQuery][i] = 0
		if ok {
			w.codes[colQuery][i] = w.dicts[colQuery].code(unsafe.Slice(unsafe.StringData(domain), len(domain)))
		}
	}
	w.encode(colHost, cols[colHost])
	w.encode(colType, cols[colType])
	for i := range w.sel {
		w.keys[i] = pack(w.codes[colHost][i], w.codes[colQuery][i], w.codes[colType][i])
	}
	w.counts.addAll(w.keys[:len(w.sel)])
	w.batch.start()
}

// filter selects the rows whose query is neither null nor empty nor below .local.
func (w *worker) filter(query *array.String) {
	data, at := query.ValueBytes(), query.ValueOffsets()
	w.sel = w.sel[:0]
	for i := range query.Len() {
		q := data[at[i]:at[i+1]]
		if n := len(q); n == 0 || n >= 6 && string(q[n-6:]) == ".local" {
			continue // a null is empty, too
		}
		w.sel = append(w.sel, int32(i))
	}
}

// encode numbers the texts of a column's selected rows.
func (w *worker) encode(col int, texts *array.String) {
	data, at := texts.ValueBytes(), texts.ValueOffsets()
	codes, d := w.codes[col], w.dicts[col]
	nulls := texts.NullN() > 0
	for i, row := range w.sel {
		if nulls && texts.IsNull(int(row)) {
			codes[i] = 0
			continue
		}
		codes[i] = d.code(data[at[row]:at[row+1]])
	}
}

// merge adds what another worker has counted.
func (w *worker) merge(o *worker) {
	var codes [numCols][]uint32
	for i := range codes {
		codes[i] = make([]uint32, len(o.dicts[i].entries))
		for c := 1; c < len(codes[i]); c++ {
			codes[i][c] = w.dicts[i].code(o.dicts[i].text(uint32(c)))
		}
	}
	for _, e := range o.counts.entries {
		if e.n != 0 {
			host, domain, kind := unpack(e.key)
			w.counts.add(pack(codes[colHost][host], codes[colQuery][domain], codes[colType][kind]), e.n)
		}
	}
	w.read += o.read
	w.bad += o.bad
}
