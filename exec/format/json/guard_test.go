//go:build unix

package json

import (
	"syscall"
	"testing"
	"unsafe"
)

// TestGuardPage puts records in front of a page that cannot be read: with pad
// bytes between, as the contract asks, and with none, when they have to be copied.
// They are cut at every byte, so that each scanner meets the end.
func TestGuardPage(t *testing.T) {
	page := syscall.Getpagesize()
	mem, err := syscall.Mmap(-1, 0, 2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(mem) })
	if err := syscall.Mprotect(mem[page:], syscall.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	docs := []string{
		`{"a":12345678,"b":"a text of more than thirty-two bytes","c":-1575413122.764317,"d":false}`,
		`{"arr":[1,2,3],"deep":[["x","y"],[]],"m":{"k":1.5e10},"id.orig_h":"10.0.0.1"}`,
		`{"b":"\ud83d\ude00\n","s":{"a":null,"t":{"b":"x","l":[1]}},"other":[{"x":"\\"},true,1.25]}`,
		`{"a":9223372036854775807,"c":0.00054693222045898438,"i":2147483647,"other":"12345678"}`,
	}
	for _, behind := range []byte{'0', '"', ' ', 'e', 'a', '\\', '}'} {
		for _, gap := range []int{0, pad} {
			for _, doc := range docs {
				for n := 0; n <= len(doc); n++ {
					room := mem[page-gap-n : page : page]
					copy(room, doc[:n])
					for i := n; i < len(room); i++ {
						room[i] = behind
					}
					d := decoder(t, rich(t), strict())
					for range 2 { // the second time the keys are known
						if out := d.Append(room[:n]); (out == Good) != (n == len(doc)) && n > 0 {
							t.Fatalf("%s: %v", doc[:n], out)
						}
					}
				}
			}
		}
	}
	if got := uintptr(unsafe.Pointer(&mem[0])) % uintptr(page); got != 0 {
		t.Fatal("the mapping does not start at a page")
	}
}
