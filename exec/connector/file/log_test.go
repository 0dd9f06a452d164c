package file

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/riffledata/riffle/exec/source"
)

// kept are records in memory; failing calls fail, half of them after they were
// applied.
type kept struct {
	objects map[string]string
	fails   func() (before, after bool)
}

var errKept = errors.New("the store is away")

func (k *kept) PutIfAbsent(_ context.Context, name string, data []byte) ([]byte, error) {
	before, after := k.fails()
	if before {
		return nil, errKept
	}
	if _, ok := k.objects[name]; !ok {
		k.objects[name] = string(data)
	}
	if after {
		return nil, errKept
	}
	return []byte(k.objects[name]), nil
}

func (k *kept) Get(_ context.Context, name string) ([]byte, error) {
	text, ok := k.objects[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, source.ErrNoRecord)
	}
	return []byte(text), nil
}

func (k *kept) List(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(k.objects)), nil
}

func (k *kept) Delete(_ context.Context, name string) error {
	if before, _ := k.fails(); before {
		return errKept
	}
	delete(k.objects, name)
	return nil
}

func opened(t interface{ Fatal(...any) }, k *kept) *fileLog {
	l := newFileLog()
	l.records = k
	if err := l.load(context.Background()); err != nil {
		t.Fatal(err)
	}
	return l
}

// Several runs at once, that find files in any order over a store that fails now and
// then, agree on the position of each file, and so does every run after them.
func TestLogAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		k := &kept{objects: map[string]string{}}
		k.fails = func() (bool, bool) {
			n := rapid.IntRange(0, 60).Draw(t, "fault")
			return n == 1, n == 2
		}
		logs := []*fileLog{opened(t, k), opened(t, k)}
		truth := []string{}
		for i := range rapid.IntRange(1, 300).Draw(t, "steps") {
			w := rapid.IntRange(0, 1).Draw(t, "run")
			var found []entry
			for j := range rapid.IntRange(1, 3).Draw(t, "files") {
				found = append(found, entry{fmt.Sprintf("f%d", max(0, i-w*3+j)), 1, 2})
			}
			if err := logs[w].add(ctx, found); err != nil {
				logs[w] = opened(t, k) // the run ends, and another begins
			}
			l := logs[w]
			for p := range l.end() {
				if p == len(truth) {
					truth = append(truth, l.entries[p].path)
				}
				if l.entries[p].path != truth[p] {
					t.Fatalf("file %d is %s in one run and %s in another", p, truth[p], l.entries[p].path)
				}
			}
		}
		last := opened(t, k)
		if last.end() < len(truth) || len(last.seen) != last.end() {
			t.Fatalf("%d files of %d are left, %d paths", last.end(), len(truth), len(last.seen))
		}
	})
}

// A log of many records has few objects, and is read whole after its entries were
// dropped from memory.
func TestLogMerges(t *testing.T) {
	k := &kept{objects: map[string]string{}, fails: func() (bool, bool) { return false, false }}
	l := opened(t, k)
	const n = mergeWidth*mergeWidth + 3*mergeWidth + 5
	for i := range n {
		if err := l.add(t.Context(), []entry{{fmt.Sprint("file", i), int64(i), 1}}); err != nil {
			t.Fatal(err)
		}
	}
	if len(k.objects) != 1+3+5 {
		t.Errorf("%d objects: %v", len(k.objects), slices.Sorted(maps.Keys(k.objects)))
	}
	l.forget(n - 1)
	for _, l := range []*fileLog{l, opened(t, k)} {
		list, err := l.slice(t.Context(), 100, n)
		if err != nil || len(list) != n-100 || list[0] != (entry{"file100", 100, 1}) {
			t.Errorf("from 100: %d files, %v", len(list), err)
		}
		if _, err := l.slice(t.Context(), 0, n+1); err == nil {
			t.Error("a batch beyond the log's end was planned")
		}
	}
	big := make([]entry, recordFiles+1)
	for i := range big {
		big[i] = entry{fmt.Sprint("other", i), 1, 1}
	}
	if err := l.add(t.Context(), big); err != nil || l.next != n+2 {
		t.Errorf("%d records, %v", l.next, err)
	}
	if _, err := l.slice(t.Context(), n, l.end()); err != nil {
		t.Error(err)
	}
	again := opened(t, k)
	if again.end() != n+len(big) {
		t.Errorf("%d files are left of %d", again.end(), n+len(big))
	}
}

func FuzzLogRecord(f *testing.F) {
	f.Add(encodeEntries([]entry{{"a", 1, 2}}))
	f.Add([]byte("(\xb5/\xfd"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if list, err := decodeEntries("0-1", data); err == nil {
			again, err := decodeEntries("0-1", encodeEntries(list))
			if err != nil || !slices.Equal(list, again) {
				t.Errorf("%v came back as %v, %v", list, again, err)
			}
		}
	})
}

func BenchmarkLogLoad(b *testing.B) {
	k := &kept{objects: map[string]string{}, fails: func() (bool, bool) { return false, false }}
	l := opened(b, k)
	const n = 100_000
	for i := range n / 10 {
		list := make([]entry, 10)
		for j := range list {
			list[j] = entry{fmt.Sprintf("/data/dns/2026/11/21/dns.%09d.log.gz", i*10+j), 1 << 20, 1700000000000000}
		}
		if err := l.add(b.Context(), list); err != nil {
			b.Fatal(err)
		}
	}
	size := 0
	for _, o := range k.objects {
		size += len(o)
	}
	for b.Loop() {
		opened(b, k)
	}
	b.ReportMetric(float64(size)/n, "stored_B/file")
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "files/s")
}
