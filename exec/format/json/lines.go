package json

import (
	"bytes"
	"iter"
)

// Lines yields the records of a chunk of JSON lines: its lines without their \n or
// \r\n, those left out that hold white space at most. The last line needs no
// end. A record shares the chunk's memory, and its capacity reaches to the end of the
// chunk's, so that Append need not copy it.
func Lines(chunk []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(chunk) > 0 {
			var line []byte
			line, chunk = nextLine(chunk)
			if !blank(line) && !yield(line) {
				return
			}
		}
	}
}

// nextLine splits the first line off a chunk, blank or not, without its \n or \r\n. rest
// is empty after the last line.
func nextLine(chunk []byte) (line, rest []byte) {
	n := bytes.IndexByte(chunk, '\n')
	if n < 0 {
		n = len(chunk)
		rest = chunk[n:]
	} else {
		rest = chunk[n+1:]
	}
	if n > 0 && chunk[n-1] == '\r' {
		n--
	}
	return chunk[:n], rest
}

func blank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}
