package main

// counts counts by a packed key: 24 bits of host, 28 of domain, 12 of type.
type counts struct {
	entries []countEntry // open addressing; n == 0 means free; a power of two
	used    int
}

type countEntry struct {
	key uint64
	n   int64
}

func newCounts() *counts { return &counts{entries: make([]countEntry, 1<<12)} }

func pack(host, domain, kind uint32) uint64 {
	return uint64(host)<<40 | uint64(domain)<<12 | uint64(kind)
}

func unpack(key uint64) (host, domain, kind uint32) {
	return uint32(key >> 40), uint32(key>>12) & (1<<28 - 1), uint32(key) & (1<<12 - 1)
}

// addAll counts each key once. It looks at a block of slots before it changes
// them, so that the loads from a table larger than the cache overlap.
func (c *counts) addAll(keys []uint64) (touched uint64) {
	for len(keys) > 0 {
		block := keys[:min(len(keys), 128)]
		keys = keys[len(block):]
		mask := uint64(len(c.entries) - 1)
		for _, k := range block {
			touched += c.entries[slot(k)&mask].key
		}
		for _, k := range block {
			c.add(k, 1)
		}
	}
	return touched
}

// slot spreads a key; only the highest bits of the product depend on all of it.
func slot(key uint64) uint64 { return key * 0x9e3779b97f4a7c15 >> 32 }

func (c *counts) add(key uint64, n int64) {
	mask := uint64(len(c.entries) - 1)
	for i := slot(key) & mask; ; i = (i + 1) & mask {
		switch e := &c.entries[i]; {
		case e.n == 0:
			*e = countEntry{key, n}
			if c.used++; c.used*2 > len(c.entries) {
				c.grow()
			}
			return
		case e.key == key:
			e.n += n
			return
		}
	}
}

func (c *counts) grow() {
	old := c.entries
	c.entries, c.used = make([]countEntry, 2*len(old)), 0
	for _, e := range old {
		if e.n != 0 {
			c.add(e.key, e.n)
		}
	}
}
