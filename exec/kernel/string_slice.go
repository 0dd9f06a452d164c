package kernel

import (
	"errors"
	"strings"
)

// sliceKernels take a part of a text.
func sliceKernels() map[string]Maker {
	return map[string]Maker{
		"substring":       textsLike(substringFunc),
		"left":            textsLike(leftFunc),
		"right":           always(rightFunc),
		"substring_index": always(substringIndexFunc),
		"split_part":      always(splitPartFunc),
	}
}

const noLimit = 1<<31 - 1

func substringFunc(binary bool) Func {
	return textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		s, pos, n := textRowOf(args[0]), fixedRowOf[int32](args[1]), intRows(args, 2, noLimit)
		return func(dst []byte, i int) ([]byte, bool, error) {
			return append(dst, substring(s.row(i), int(pos.row(i)), int(n.row(i)), binary)...), true, nil
		}
	})
}

// substring returns n characters from position pos on. Positions before the
// start count: of a position so far left, fewer characters remain.
func substring(s string, pos, n int, binary bool) string {
	start := pos
	switch {
	case pos > 0:
		start--
	case pos < 0:
		start += charCount(s, binary)
	}
	end := start + n
	start = max(start, 0)
	if n <= 0 || end <= start {
		return ""
	}
	s = s[skip(s, start, binary):]
	return s[:skip(s, end-start, binary)]
}

func leftFunc(binary bool) Func {
	return textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		s, n := textRowOf(args[0]), fixedRowOf[int32](args[1])
		return func(dst []byte, i int) ([]byte, bool, error) {
			return append(dst, substring(s.row(i), 1, int(n.row(i)), binary)...), true, nil
		}
	})
}

var rightFunc = textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	s, n := textRowOf(args[0]), fixedRowOf[int32](args[1])
	return func(dst []byte, i int) ([]byte, bool, error) {
		text, keep := s.row(i), int(n.row(i))
		if keep <= 0 {
			return dst, true, nil
		}
		return append(dst, text[skipChars(text, charCount(text, false)-keep):]...), true, nil
	}
})

var substringIndexFunc = textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	s, delim, n := textRowOf(args[0]), textRowOf(args[1]), fixedRowOf[int32](args[2])
	return func(dst []byte, i int) ([]byte, bool, error) {
		return append(dst, substringIndex(s.row(i), delim.row(i), int(n.row(i)))...), true, nil
	}
})

// substringIndex returns what stands before the n-th delim, or after the n-th
// from the end. Matches may overlap.
func substringIndex(s, delim string, n int) string {
	if n == 0 || delim == "" {
		return ""
	}
	at := -1
	for ; n > 0; n-- {
		next := strings.Index(s[at+1:], delim)
		if next < 0 {
			return s
		}
		at += 1 + next
	}
	if at >= 0 {
		return s[:at]
	}
	end := len(s)
	for ; n < 0; n++ {
		if end < 0 {
			return s
		}
		at = strings.LastIndex(s[:end], delim)
		if at < 0 {
			return s
		}
		end = at + len(delim) - 1
	}
	return s[at+len(delim):]
}

var errPartZero = errors.New("split_part: parts are counted from 1, or from the end by negative numbers; there is no part 0")

var splitPartFunc = textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	s, delim, n := textRowOf(args[0]), textRowOf(args[1]), fixedRowOf[int32](args[2])
	return func(dst []byte, i int) ([]byte, bool, error) {
		if n.row(i) == 0 {
			return dst, false, errPartZero
		}
		return append(dst, splitPart(s.row(i), delim.row(i), int(n.row(i)))...), true, nil
	}
})

func splitPart(s, delim string, n int) string {
	if delim == "" {
		if n == 1 || n == -1 {
			return s
		}
		return ""
	}
	for ; n < -1; n++ {
		at := strings.LastIndex(s, delim)
		if at < 0 {
			return ""
		}
		s = s[:at]
	}
	if n == -1 {
		if at := strings.LastIndex(s, delim); at >= 0 {
			s = s[at+len(delim):]
		}
		return s
	}
	for ; n > 1; n-- {
		_, rest, ok := strings.Cut(s, delim)
		if !ok {
			return ""
		}
		s = rest
	}
	part, _, _ := strings.Cut(s, delim)
	return part
}
