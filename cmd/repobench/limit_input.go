package main

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
)

// chunkSize is how much is read at a time: a chunk stays in the second cache
// until it is parsed.
const chunkSize = 256 << 10

// runLimit runs the job over size bytes of lines with the given number of
// workers, and returns what they have counted together. ReadAt must allow
// concurrent use.
func runLimit(in io.ReaderAt, size int64, workers int) (*worker, error) {
	var next atomic.Int64
	all, errs := make([]*worker, workers), make([]error, workers)
	var wg sync.WaitGroup
	for i := range workers {
		all[i] = newWorker()
		wg.Go(func() { errs[i] = all[i].run(in, size, &next) })
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, err
		}
		if i > 0 {
			all[0].merge(all[i])
		}
	}
	return all[0], nil
}

// overlap is how much is read of the next chunk, for the end of the last line.
const overlap = 8 << 10

// run takes chunks until there are none. A chunk's lines are those that begin
// after its first byte (for the first chunk, at it) and not after the first byte
// of the next chunk: so reads can begin where pages begin, which is several
// times as fast as one byte before.
func (w *worker) run(in io.ReaderAt, size int64, next *atomic.Int64) error {
	buf := make([]byte, chunkSize+overlap+pad)
	for {
		from := (next.Add(1) - 1) * chunkSize
		if from >= size {
			w.flush()
			return nil
		}
		lines, grown, err := readChunk(in, buf, from, size)
		if err != nil {
			return err
		}
		buf = grown
		w.chunk(lines, len(lines))
	}
}

// readChunk returns the lines of the chunk that begins at from, in buf or in a
// larger buffer that is returned as well; pad bytes follow them.
func readChunk(in io.ReaderAt, buf []byte, from, size int64) (lines, grown []byte, err error) {
	for {
		n, err := in.ReadAt(buf[:min(int64(len(buf)-pad), size-from)], from)
		if err != nil && err != io.EOF {
			return nil, buf, err
		}
		clear(buf[n : n+pad])
		start, limit := 0, min(chunkSize+1, n)
		if from > 0 {
			start = lineAfter(buf[:n], 1)
		}
		if start >= limit {
			return nil, buf, nil
		}
		end := lineAfter(buf[:n], limit)
		if whole := from+int64(n) >= size || buf[end-1] == '\n'; whole {
			return buf[start:end], buf, nil
		}
		buf = make([]byte, 2*len(buf)) // a line is longer than the room
	}
}

// runMemory is runLimit over data in memory; pad bytes must follow it in its array.
func runMemory(data []byte, workers int) *worker {
	var next atomic.Int64
	all := make([]*worker, workers)
	var wg sync.WaitGroup
	for i := range workers {
		all[i] = newWorker()
		wg.Go(func() { all[i].runMemory(data, &next) })
	}
	wg.Wait()
	for _, o := range all[1:] {
		all[0].merge(o)
	}
	return all[0]
}

func (w *worker) runMemory(data []byte, next *atomic.Int64) {
	for {
		from := int((next.Add(1) - 1) * chunkSize)
		if from >= len(data) {
			w.flush()
			return
		}
		start, end := lineAfter(data, from), lineAfter(data, min(from+chunkSize, len(data)))
		if start < end {
			w.chunk(data[start:], end-start)
		}
	}
}

// lineAfter returns where the first line begins at or after p.
func lineAfter(data []byte, p int) int {
	if p == 0 {
		return 0
	}
	if i := bytes.IndexByte(data[p-1:], '\n'); i >= 0 {
		return p + i
	}
	return len(data)
}
