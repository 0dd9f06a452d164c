package expr

import "github.com/riffledata/riffle/dataframe/types"

// hashFunctions turn values into short ones that tell them apart.
func hashFunctions() []*Function {
	b, s := types.Binary, types.String
	return inFamily("hash", []*Function{
		{Name: "md5", Bind: fixed(s, b), Usage: "md5(x)",
			Doc: "MD5 of the bytes in 32 hexadecimal digits.", Example: "md5('Spark') = '8cde774d6f7333752ed72cacddb05126'"},
		{Name: "sha1", Aliases: []string{"sha"}, Bind: fixed(s, b), Usage: "sha1(x)",
			Doc: "SHA-1 of the bytes in 40 hexadecimal digits.", Example: "sha1('Spark') = '85f5955f4b27a9a4c2aab6ffe5d7189fc298b92c'"},
		{Name: "sha2", Nulls: NullMaybe, Bind: fixed(s, b, types.Int), Usage: "sha2(x, bits)",
			Doc: "SHA-224, 256 (also for 0), 384 or 512 of the bytes in hexadecimal digits; null for another number of bits.", Example: "sha2('abc', 224) = '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7'"},
		{Name: "crc32", Bind: fixed(types.Long, b), Usage: "crc32(x)",
			Doc: "The cyclic redundancy check of the bytes.", Example: "crc32('Spark') = 1557323817L"},
		{Name: "hash", Nulls: NullNever, Bind: hashArgs(types.Int), Usage: "hash(a, b, ...)",
			Doc: "Murmur3 of the values with seed 42, as an int; a null leaves the value so far. Equal to Spark's.", Example: "hash('Spark') = 228093765"},
		{Name: "xxhash64", Nulls: NullNever, Bind: hashArgs(types.Long), Usage: "xxhash64(a, b, ...)",
			Doc: "XXH64 of the values with seed 42, as a bigint; a null leaves the value so far. Equal to Spark's.", Example: "xxhash64('Spark') = -4294468057691064905L"},
	})
}

// hashArgs are values of any types but maps, whose entries have no order.
func hashArgs(result types.Type) binder {
	bind := anyArgs(1, result)
	return func(args []Expr) ([]types.Type, types.Type, error) {
		for _, a := range args {
			if hasMap(a.Type()) {
				return nil, nil, mismatch("%s is %s, and a map has no hash", a, article(a.Type().Name()))
			}
		}
		return bind(args)
	}
}
