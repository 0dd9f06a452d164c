package exec

import "testing"

func TestContainerLimit(t *testing.T) {
	for _, c := range []struct {
		name, groups string
		files        map[string]string
		want         int64
	}{
		{"none", "0::/\n", map[string]string{}, 0},
		{"a container", "0::/\n", map[string]string{"/memory.max": "536870912\n"}, 512 << 20},
		{"no limit", "0::/a\n", map[string]string{"/a/memory.max": "max\n"}, 0},
		{"that of the group around it", "0::/a/b\n", map[string]string{"/a/b/memory.max": "2000\n", "/a/memory.max": "1000"}, 1000},
		{"version 1", "4:memory:/x\n3:cpu:/y\n0::/\n", map[string]string{"/memory/x/memory.limit_in_bytes": "3000", "/memory/memory.limit_in_bytes": "9223372036854771712"}, 3000},
		{"nonsense", "what\n", nil, 0},
	} {
		if got := limitOf(c.groups, func(name string) string { return c.files[name] }); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
