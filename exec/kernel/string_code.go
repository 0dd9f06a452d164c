package kernel

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// codeKernels turn text into codes and back.
func codeKernels() map[string]Maker {
	return map[string]Maker{
		"hex":      hexMaker,
		"unhex":    always(unhexFunc),
		"base64":   always(text1(appendBase64)),
		"unbase64": always(unbase64Func),
		"encode":   charset(always(encodeFunc)),
		"decode":   charset(always(decodeFunc)),
		"chr":      always(chrFunc),
	}
}

const upperHex = "0123456789ABCDEF"

func hexMaker(call *expr.Call) (Func, error) {
	if call.Args[0].Type() != types.Long {
		return text1(func(dst []byte, s string) []byte {
			for i := 0; i < len(s); i++ {
				dst = append(dst, upperHex[s[i]>>4], upperHex[s[i]&15])
			}
			return dst
		}), nil
	}
	return textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
		n := fixedRowOf[int64](args[0])
		return func(dst []byte, i int) ([]byte, bool, error) {
			start := len(dst)
			dst = strconv.AppendUint(dst, uint64(n.row(i)), 16)
			for k := start; k < len(dst); k++ {
				if dst[k] >= 'a' {
					dst[k] -= 'a' - 'A'
				}
			}
			return dst, true, nil
		}
	}), nil
}

var unhexFunc = bytesFrom(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	s := textRowOf(args[0])
	return func(dst []byte, i int) ([]byte, bool, error) {
		text, start := s.row(i), len(dst)
		if len(text)%2 == 1 {
			text = "0" + text
		}
		dst = append(dst, text...)
		n, err := hex.Decode(dst[start:], dst[start:])
		if err != nil {
			return dst[:start], false, nil
		}
		return dst[:start+n], true, nil
	}
})

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func appendBase64(dst []byte, s string) []byte {
	for len(s) >= 3 {
		v := uint(s[0])<<16 | uint(s[1])<<8 | uint(s[2])
		dst = append(dst, base64Alphabet[v>>18], base64Alphabet[v>>12&63], base64Alphabet[v>>6&63], base64Alphabet[v&63])
		s = s[3:]
	}
	switch len(s) {
	case 1:
		v := uint(s[0]) << 4
		dst = append(dst, base64Alphabet[v>>6], base64Alphabet[v&63], '=', '=')
	case 2:
		v := uint(s[0])<<10 | uint(s[1])<<2
		dst = append(dst, base64Alphabet[v>>12], base64Alphabet[v>>6&63], base64Alphabet[v&63], '=')
	}
	return dst
}

var errBase64 = errors.New("unbase64: the text ends within a group of four signs, so that it is not base64; use substring to cut it, or replace it by null first")

// unbase64Func reads over signs that are not of the alphabet, as MIME has it.
var unbase64Func = bytesFrom(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	s := textRowOf(args[0])
	var value [256]int8
	for i := range value {
		value[i] = -1
	}
	for i := range base64Alphabet {
		value[base64Alphabet[i]] = int8(i)
	}
	return func(dst []byte, i int) ([]byte, bool, error) {
		var group uint32
		signs := 0
		for _, c := range []byte(s.row(i)) {
			if c == '=' {
				break
			}
			if value[c] < 0 {
				continue
			}
			group, signs = group<<6|uint32(value[c]), signs+1
			if signs == 4 {
				dst, group, signs = append(dst, byte(group>>16), byte(group>>8), byte(group)), 0, 0
			}
		}
		switch signs {
		case 1:
			return dst, false, errBase64
		case 2:
			dst = append(dst, byte(group>>4))
		case 3:
			dst = append(dst, byte(group>>10), byte(group>>2))
		}
		return dst, true, nil
	}
})

// charset refuses a constant character set other than UTF-8 before any row is seen.
func charset(maker Maker) Maker {
	return func(call *expr.Call) (Func, error) {
		if name, ok := literalText(call, 1); ok && !isUTF8(name) {
			return nil, charsetError(name)
		}
		return maker(call)
	}
}

func isUTF8(name string) bool {
	return strings.EqualFold(name, "utf-8") || strings.EqualFold(name, "utf8")
}

func charsetError(name string) error {
	return fmt.Errorf("the character set %q is not supported; UTF-8 is the only one", name)
}

var encodeFunc = bytesFrom(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	s, set := textRowOf(args[0]), textRowOf(args[1])
	return func(dst []byte, i int) ([]byte, bool, error) {
		if !isUTF8(set.row(i)) {
			return dst, false, charsetError(set.row(i))
		}
		return append(dst, s.row(i)...), true, nil
	}
})

var errNotUTF8 = errors.New("decode: the bytes are not UTF-8; leave them binary, or show them by hex or base64")

var decodeFunc = textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	s, set := textRowOf(args[0]), textRowOf(args[1])
	return func(dst []byte, i int) ([]byte, bool, error) {
		switch {
		case !isUTF8(set.row(i)):
			return dst, false, charsetError(set.row(i))
		case !utf8.ValidString(s.row(i)):
			return dst, false, errNotUTF8
		}
		return append(dst, s.row(i)...), true, nil
	}
})

var chrFunc = textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	n := fixedRowOf[int64](args[0])
	return func(dst []byte, i int) ([]byte, bool, error) {
		if n.row(i) < 0 {
			return dst, true, nil
		}
		return utf8.AppendRune(dst, rune(n.row(i)&0xff)), true, nil
	}
})
