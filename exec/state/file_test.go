package state_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/exec/state"
)

// TestFiles tells what files hold, and their bytes. Commands:
//
//	delta name version [parent]   pairs, one a line: operator key=value, or operator key deleted
//	merge name files...
//	read files...                 what they say together
//	bytes name
//	flip name at=N                reads the file with a byte changed
//	cut name at=N                 reads the beginning of the file
//	index name
func TestFiles(t *testing.T) {
	files := map[string][]byte{}
	infos := map[string]state.Info{}
	open := func(d *datadriven.TestData, from int) (out []io.Reader) {
		for _, a := range d.CmdArgs[from:] {
			out = append(out, named{bytes.NewReader(files[a.Key]), a.Key})
		}
		return out
	}
	datadriven.RunTest(t, "testdata/files.txt", func(t *testing.T, d *datadriven.TestData) string {
		name := d.CmdArgs[0].Key
		var at int
		d.MaybeScanArgs(t, "at", &at)
		switch d.Cmd {
		case "delta":
			var version int64
			var parent string
			d.ScanArgs(t, "version", &version)
			d.MaybeScanArgs(t, "parent", &parent)
			var out bytes.Buffer
			info, err := state.WriteDelta(&out, version, infos[parent].Tip, func(f func(string, []byte, []byte) error) error {
				return addLines(f, d.Input)
			})
			return keep(files, infos, name, &out, info, err)
		case "merge":
			var out bytes.Buffer
			info, err := state.Merge(&out, open(d, 1)...)
			return keep(files, infos, name, &out, info, err)
		case "read":
			return readFiles(open(d, 0)...)
		case "bytes":
			return fmt.Sprintf("%x\n", files[name])
		case "flip":
			b := bytes.Clone(files[name])
			b[(at+len(b))%len(b)] ^= 4
			return readFiles(named{bytes.NewReader(b), name})
		case "cut":
			b := files[name]
			return readFiles(named{bytes.NewReader(b[:(at+len(b))%len(b)]), name})
		case "index":
			r, _ := state.NewReader(name, bytes.NewReader(files[name]))
			for {
				if _, err := r.Next(); err != nil {
					return fmt.Sprintf("%v %+v\n", err, r.Operators())
				}
			}
		}
		d.Fatalf(t, "no command %s", d.Cmd)
		return ""
	})
}

type named struct {
	io.Reader
	name string
}

func (n named) Name() string { return n.name }

func keep(files map[string][]byte, infos map[string]state.Info, name string, out *bytes.Buffer, info state.Info, err error) string {
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	files[name], infos[name] = out.Bytes(), info
	return fmt.Sprintf("%d pairs, %d deletions, %d bytes\n", info.Rows, info.Deleted, info.Bytes)
}

func addLines(f func(string, []byte, []byte) error, lines string) error {
	for line := range strings.Lines(lines) {
		op, pair, _ := strings.Cut(strings.TrimSpace(line), " ")
		key, value, _ := strings.Cut(pair, "=")
		v := []byte(value)
		if was, ok := strings.CutSuffix(key, " deleted"); ok {
			key = was
			v = nil
		}
		if err := f(op, []byte(key), v); err != nil {
			return err
		}
	}
	return nil
}

func readFiles(files ...io.Reader) string {
	var b strings.Builder
	rs, err := state.OpenFiles(files...)
	if err == nil {
		err = state.NewMerger(rs...).Each(func(p state.Pair) error {
			if p.Value == nil {
				fmt.Fprintf(&b, "%s %s deleted\n", p.Operator, p.Key)
			} else {
				fmt.Fprintf(&b, "%s %s=%s\n", p.Operator, p.Key, p.Value)
			}
			return nil
		})
	}
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	return b.String()
}

// pairs makes a delta of n pairs of three operators, which are long enough for
// several compressed blocks.
func pairs(t testing.TB, version int64, parent state.Hash, n int) ([]byte, state.Info) {
	t.Helper()
	var out bytes.Buffer
	info, err := state.WriteDelta(&out, version, parent, func(f func(string, []byte, []byte) error) error {
		for op := range 3 {
			for i := range n {
				value := fmt.Append(nil, "value ", version, " ", i)
				if (i+int(version))%7 == 0 {
					value = nil
				}
				if err := f(fmt.Sprint("op-", op), fmt.Appendf(nil, "%010d", i*(1+int(version)%2)), value); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), info
}

// Every flipped bit is found: no file with one reads to its end.
func TestFlippedBits(t *testing.T) {
	file, _ := pairs(t, 1, state.Hash{}, 40)
	for i := range file {
		for bit := range 8 {
			b := bytes.Clone(file)
			b[i] ^= 1 << bit
			if _, err := state.Merge(io.Discard, bytes.NewReader(b)); err == nil {
				t.Errorf("bit %d of byte %d is not missed", bit, i)
			}
		}
	}
	for n := range file {
		if _, err := state.Merge(io.Discard, bytes.NewReader(file[:n])); !errors.Is(err, state.ErrDamaged) {
			t.Errorf("the first %d bytes read as a file: %v", n, err)
		}
	}
	if _, err := state.Merge(io.Discard, bytes.NewReader(append(file, 0))); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("a byte behind the end is not noticed: %v", err)
	}
}

// The merge of files is what a map says.
func TestMerge(t *testing.T) {
	want := map[string]string{}
	var files []io.Reader
	var kept [][]byte
	var tip state.Hash
	for v := range int64(5) {
		file, info := pairs(t, v, tip, 3000)
		tip = info.Tip
		kept = append(kept, file)
		files = append(files, bytes.NewReader(file))
		rs, _ := state.OpenFiles(bytes.NewReader(file))
		if err := state.NewMerger(rs...).Each(func(p state.Pair) error {
			k := p.Operator + " " + string(p.Key)
			want[k] = string(p.Value)
			if p.Value == nil {
				delete(want, k)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	var whole, steps bytes.Buffer
	info, err := state.Merge(&whole, files...)
	if err != nil || info.Tip != tip || info.Rows != int64(len(want)) || info.Deleted != 0 {
		t.Fatalf("%+v, %v; want %d pairs", info, err, len(want))
	}
	rs, err := state.OpenState(4, bytes.NewReader(whole.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := state.NewMerger(rs...).Each(func(p state.Pair) error {
		if want[p.Operator+" "+string(p.Key)] != string(p.Value) {
			t.Errorf("%s %s is %s", p.Operator, p.Key, p.Value)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	// A snapshot of a snapshot is the same file.
	if _, err := state.Merge(&steps, bytes.NewReader(kept[0]), bytes.NewReader(kept[1]), bytes.NewReader(kept[2])); err != nil {
		t.Fatal(err)
	}
	first := bytes.Clone(steps.Bytes())
	steps.Reset()
	if _, err := state.Merge(&steps, bytes.NewReader(first), bytes.NewReader(kept[3]), bytes.NewReader(kept[4])); err != nil || !bytes.Equal(steps.Bytes(), whole.Bytes()) {
		t.Errorf("merged in two steps the snapshot differs: %v", err)
	}
	if _, err := state.Merge(&steps, bytes.NewReader(first), bytes.NewReader(kept[4])); !errors.Is(err, state.ErrDamaged) {
		t.Errorf("a missing delta is not noticed: %v", err)
	}
}

// Any pairs come back.
func TestFileRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.SliceOfN(rapid.Byte(), 0, 12), 0, 40, func(b []byte) string { return string(b) }).Draw(t, "keys")
		sortBytes(keys)
		big := rapid.SampledFrom([]int{0, 10, 100_000}).Draw(t, "size")
		var out bytes.Buffer
		_, err := state.WriteDelta(&out, -3, state.Hash{}, func(f func(string, []byte, []byte) error) error {
			for i, k := range keys {
				if err := f("op", k, bytes.Repeat(k, big*i/40)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		rs, err := state.OpenState(-3, &out)
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		if err := state.NewMerger(rs...).Each(func(p state.Pair) error {
			if !bytes.Equal(p.Key, keys[i]) || !bytes.Equal(p.Value, bytes.Repeat(keys[i], big*i/40)) {
				return fmt.Errorf("pair %d is %x", i, p.Key)
			}
			i++
			return nil
		}); err != nil || i != len(keys) {
			t.Fatalf("%d of %d pairs: %v", i, len(keys), err)
		}
	})
}

func sortBytes(keys [][]byte) {
	for i := range keys {
		for j := i; j > 0 && bytes.Compare(keys[j], keys[j-1]) < 0; j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
}

// FuzzReader reads bytes that nobody wrote: an error or pairs in order, and no
// more memory than there are bytes for.
func FuzzReader(f *testing.F) {
	for _, n := range []int{0, 3, 5000} {
		b, _ := pairs(f, 1, state.Hash{}, n)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := state.NewReader("fuzz", bytes.NewReader(b))
		for err == nil {
			_, err = r.Next()
		}
		if err != io.EOF && err.Error() == "" { //nolint:errorlint // wrapped, it is no end
			t.Error("an error says nothing")
		}
	})
}

// BenchmarkFile writes and merges deltas of 16-byte keys and 8-byte values.
func BenchmarkFile(b *testing.B) {
	const n = 100_000
	write := func(w io.Writer) state.Info {
		var key [16]byte
		info, err := state.WriteDelta(w, 1, state.Hash{}, func(f func(string, []byte, []byte) error) error {
			for i := range uint64(n) {
				x := i * (1<<63/n*2 + 1)
				for k := range 8 {
					key[k] = byte(x >> (56 - 8*k))
				}
				x *= 0x9E3779B97F4A7C15
				for k := range 8 {
					key[8+k] = byte(x >> (56 - 8*k))
				}
				if err := f("aggregate-0", key[:], []byte{byte(i), 0, 0, 0, 0, 0, 0, 0}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		return info
	}
	var file bytes.Buffer
	info := write(&file)
	report := func(b *testing.B) {
		b.SetBytes(24 * n)
		b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "rows/s")
		b.ReportMetric(float64(info.Bytes)/n, "B/key")
	}
	b.Run("write", func(b *testing.B) {
		for range b.N {
			write(io.Discard)
		}
		report(b)
	})
	b.Run("merge", func(b *testing.B) {
		for range b.N {
			if _, err := state.Merge(io.Discard, bytes.NewReader(file.Bytes())); err != nil {
				b.Fatal(err)
			}
		}
		report(b)
	})
}
