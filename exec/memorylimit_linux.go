package exec

import (
	"os"
	"path"
	"strconv"
	"strings"
)

// containerLimit is the most memory that the control groups of the process allow it,
// in bytes; 0 where there is no limit.
func containerLimit() int64 {
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	return limitOf(string(groups), func(name string) string {
		text, _ := os.ReadFile("/sys/fs/cgroup" + name) // without it there is none
		return string(text)
	})
}

// limitOf is the least limit of the groups that /proc/self/cgroup lists, and of
// those that they are in, of either version of control groups.
func limitOf(groups string, read func(name string) string) int64 {
	least := int64(0)
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		root, file := "", "memory.max"
		if fields[1] == "memory" {
			root, file = "/memory", "memory.limit_in_bytes"
		} else if fields[1] != "" {
			continue
		}
		for dir := path.Clean("/" + fields[2]); ; dir = path.Dir(dir) {
			n, err := strconv.ParseInt(strings.TrimSpace(read(root+path.Join(dir, file))), 10, 64)
			if err == nil && n > 0 && n < noLimit && (least == 0 || n < least) {
				least = n
			}
			if dir == "/" {
				break
			}
		}
	}
	return least
}

// noLimit is below what the first version of control groups writes where there is
// no limit.
const noLimit = 1 << 60
