package kernel

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash/crc32"

	"github.com/riffledata/riffle/dataframe/expr"
)

// digestKernels turn bytes into short values.
func digestKernels() map[string]Maker {
	return map[string]Maker{
		"md5":  always(text1(func(dst []byte, s string) []byte { d := md5.Sum([]byte(s)); return hex.AppendEncode(dst, d[:]) })),
		"sha1": always(text1(func(dst []byte, s string) []byte { d := sha1.Sum([]byte(s)); return hex.AppendEncode(dst, d[:]) })),
		"sha2": always(sha2Func),
		"crc32": func(*expr.Call) (Func, error) {
			return fixedFrom(arrowLong, func(_ *Env, args []Value) func(int) (int64, bool, error) {
				s := textRowOf(args[0])
				return func(i int) (int64, bool, error) { return int64(crc32.ChecksumIEEE([]byte(s.row(i)))), true, nil }
			}), nil
		},
	}
}

// sha2Func is null for a number of bits that SHA-2 does not have.
var sha2Func = textsTo(func(_ *Env, args []Value) func([]byte, int) ([]byte, bool, error) {
	s, size := textRowOf(args[0]), fixedRowOf[int32](args[1])
	return func(dst []byte, i int) ([]byte, bool, error) {
		data := []byte(s.row(i))
		switch size.row(i) {
		case 224:
			d := sha256.Sum224(data)
			return hex.AppendEncode(dst, d[:]), true, nil
		case 0, 256:
			d := sha256.Sum256(data)
			return hex.AppendEncode(dst, d[:]), true, nil
		case 384:
			d := sha512.Sum384(data)
			return hex.AppendEncode(dst, d[:]), true, nil
		case 512:
			d := sha512.Sum512(data)
			return hex.AppendEncode(dst, d[:]), true, nil
		}
		return dst, false, nil
	}
})
