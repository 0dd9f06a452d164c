package exectest

import "github.com/riffledata/riffle/exec/batch"

// Cut cuts a batch into batches of the given sizes, which are used in turn, over
// and over: Cut(b, 3) makes batches of three rows, and Cut(b, 1, 8) of one and of
// eight. Sizes are counted in rows that count and are at least 1; the last batch
// may be smaller. Without sizes the batch is left whole. A batch without rows
// gives none.
func Cut(b batch.Batch, sizes ...int) []batch.Batch {
	var out []batch.Batch
	n := b.NumRows()
	for from := 0; from < n; {
		size := n
		if len(sizes) > 0 {
			size = max(1, sizes[len(out)%len(sizes)])
		}
		to := min(from+size, n)
		out = append(out, b.Slice(from, to))
		from = to
	}
	return out
}
