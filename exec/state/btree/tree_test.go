package btree

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestAgainstMap runs random operations on a tree and a map.
func TestAgainstMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var tree Tree
		want := map[string]string{}
		width := rapid.SampledFrom([]int{3, 40, 700, 3000}).Draw(rt, "width")
		keys := rapid.SampledFrom([]int{20, 700}).Draw(rt, "keys")
		seed := rapid.Uint64().Draw(rt, "seed")
		next := func(n int) int { // a generator of ours: thousands of draws would be slow
			seed = seed*6364136223846793005 + 1442695040888963407
			return int(seed>>33) % n
		}
		for phase := range 4 {
			remove := []int{1, 9, 3, 10}[phase]
			for range 300 {
				k := next(keys)
				key := fmt.Sprintf("%0*d", 1+k%width, k)
				switch {
				case next(10) < remove:
					_, had := want[key]
					delete(want, key)
					if tree.Delete([]byte(key)) != had {
						rt.Fatalf("Delete(%q) is not %v", key, had)
					}
				default:
					value := bytes.Repeat([]byte{byte(k)}, next(width))
					want[key] = string(value)
					tree.Set([]byte(key), value)
				}
			}
			compare(rt, &tree, want)
		}
	})
}

func compare(rt *rapid.T, tree *Tree, want map[string]string) {
	if err := tree.check(); err != nil {
		rt.Fatal(err)
	}
	keys := make([]string, 0, len(want))
	for k, v := range want {
		keys = append(keys, k)
		if got := tree.Get([]byte(k)); got == nil || string(got) != v {
			rt.Fatalf("Get(%q) = %q, want %q", k, got, v)
		}
	}
	slices.Sort(keys)
	for _, from := range []int{0, len(keys) / 3} {
		i := from
		var start []byte
		if from > 0 {
			start = []byte(keys[from])
		}
		if err := tree.Scan(start, nil, func(k, v []byte) error {
			if i >= len(keys) || string(k) != keys[i] || string(v) != want[keys[i]] {
				return fmt.Errorf("pair %d is %q", i, k)
			}
			i++
			return nil
		}); err != nil || i != len(keys) {
			rt.Fatalf("%d of %d pairs: %v", i, len(keys), err)
		}
	}
}

// check verifies what must always hold: order, counted rows and bytes.
func (t *Tree) check() error {
	if len(t.pages) == 0 {
		return nil
	}
	var rows, pages int64
	var walk func(id uint32, from, to []byte) error
	walk = func(id uint32, from, to []byte) error {
		p := t.pages[id]
		pages++
		var live int
		for i := range int(p.n) {
			live += p.sizeAt(i)
			key := t.keyAt(p, i)
			if i > 0 || p.leaf {
				if bytes.Compare(key, from) < 0 || to != nil && bytes.Compare(key, to) >= 0 {
					return fmt.Errorf("key %q is not in [%q, %q)", key, from, to)
				}
				from = key
			}
			if p.leaf {
				rows++
				continue
			}
			next := to
			if i+1 < int(p.n) {
				next = t.keyAt(p, i+1)
			}
			if err := walk(t.child(p, i), from, next); err != nil {
				return err
			}
		}
		if live+int(p.dead) != pageData-int(p.low) {
			return fmt.Errorf("page %d: %d bytes live and %d dead of %d", id, live, p.dead, pageData-int(p.low))
		}
		return nil
	}
	if err := walk(t.root, nil, nil); err != nil {
		return err
	}
	size := pages * PageSize
	for _, l := range t.large {
		if l.key != nil || l.value != nil {
			size += l.size()
		}
	}
	if rows != t.rows || size != t.bytes || int(pages)+len(t.freed) != len(t.pages) {
		return fmt.Errorf("%d rows and %d bytes counted as %d and %d; %d pages and %d free of %d",
			rows, size, t.rows, t.bytes, pages, len(t.freed), len(t.pages))
	}
	return nil
}

// Memory goes down again as keys go, wherever they lay.
func TestShrinks(t *testing.T) {
	var tree Tree
	key := func(i uint64) []byte { return binary.BigEndian.AppendUint64(nil, i*0x9E3779B97F4A7C15) }
	const n = 50_000
	for i := range uint64(n) {
		tree.Set(key(i), make([]byte, 20))
	}
	full := tree.Bytes()
	for i := range uint64(n) {
		if i%10 != 0 {
			tree.Delete(key(i))
		}
	}
	if err := tree.check(); err != nil {
		t.Fatal(err)
	}
	if tree.Bytes() > full/4 {
		t.Errorf("a tenth of the pairs holds %d of %d bytes", tree.Bytes(), full)
	}
	for i := range uint64(n) {
		tree.Delete(key(i))
	}
	if tree.Len() != 0 || tree.Bytes() != PageSize {
		t.Errorf("the empty tree has %d pairs in %d bytes", tree.Len(), tree.Bytes())
	}
}

// Values that the tree hands out may be given back to it.
func TestSetOwnValue(t *testing.T) {
	var tree Tree
	tree.Set([]byte("a"), bytes.Repeat([]byte("x"), 1000))
	for i := range 200 {
		tree.Set(fmt.Append(nil, "b", i), tree.Get([]byte("a")))
		tree.Set([]byte("a"), tree.Get(fmt.Append(nil, "b", i))[:900+i%100])
		tree.Set([]byte("a"), tree.Get([]byte("b0")))
	}
	for i := range 200 {
		if string(tree.Get(fmt.Append(nil, "b", i))) != string(bytes.Repeat([]byte("x"), 1000)) {
			t.Fatalf("b%d is %q", i, tree.Get(fmt.Append(nil, "b", i)))
		}
	}
}
