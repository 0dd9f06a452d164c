package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// machineTime is the time that all cores have spent on any process so far.
func machineTime() time.Duration {
	f, err := os.Open("/proc/stat")
	if err != nil {
		return 0
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return 0
	}
	var busy int64
	for i, text := range strings.Fields(line)[1:] {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0
		}
		if i != 3 && i != 4 && i < 8 { // idle, and waiting for disks; guests are in user
			busy += n
		}
	}
	return time.Duration(busy) * 10 * time.Millisecond
}

// onDisk refuses a folder in memory, where a sync costs nothing.
func onDisk(dir string) error {
	const tmpfs = 0x01021994
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if s.Type == tmpfs {
		return fmt.Errorf("%s is in memory; name a folder on a disk with --dir", dir)
	}
	return nil
}
