package dir_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/riffledata/riffle/exec/store"
)

// A full disk is an error that says so and leaves nothing that counts; once there is
// space, the same call works.
func TestFullDisk(t *testing.T) {
	root := t.TempDir()
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a small file system needs a mount, and that needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(root, 0); err != nil {
			t.Error(err)
		}
	})
	s := open(t, filepath.Join(root, "c"))
	put := func(name string, size int) error {
		_, _, err := s.PutIfAbsent(t.Context(), name, bytes.Repeat([]byte("x"), size))
		return err
	}
	if err := put("offsets/0", 100); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "hog"), make([]byte, 40<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	err := put("offsets/1", 30<<10)
	if !errors.Is(err, store.ErrNoSpace) || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "no space left on its disk; make some") {
		t.Errorf("a record on a full disk: %v", err)
	}
	if err := large(t, s, "state/1/1-d", 30<<10); !errors.Is(err, store.ErrNoSpace) {
		t.Errorf("a large object on a full disk: %v", err)
	}
	if names, err := s.List(t.Context(), ""); err != nil || fmt.Sprint(names) != "[offsets/0]" {
		t.Errorf("the list is %q, %v", names, err)
	}
	if left, err := filepath.Glob(filepath.Join(root, "c", "*", ".new-*")); err != nil || left != nil {
		t.Errorf("%q was left behind, %v", left, err)
	}
	if err := os.Remove(filepath.Join(root, "hog")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(put("offsets/1", 20<<10), large(t, s, "state/1/1-d", 20<<10)); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

func large(t *testing.T, s store.Store, name string, size int) error {
	w, err := s.Create(t.Context(), name)
	if err != nil {
		return err
	}
	if _, err := w.Write(make([]byte, size)); err != nil {
		return errors.Join(err, w.Abort())
	}
	return w.Commit()
}
