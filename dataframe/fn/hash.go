package fn

// MD5 is MD5 of the bytes in 32 hexadecimal digits.
func MD5(x Column) Column { return call("md5", x) }

// SHA1 is SHA-1 of the bytes in 40 hexadecimal digits.
func SHA1(x Column) Column { return call("sha1", x) }

// SHA2 is SHA-224, 256 (also for 0), 384 or 512 of the bytes in hexadecimal
// digits; null for another number of bits.
func SHA2(x Column, bits any) Column { return call("sha2", x, bits) }

// CRC32 is the cyclic redundancy check of the bytes.
func CRC32(x Column) Column { return call("crc32", x) }

// Hash is Murmur3 of the values with seed 42, as an int; a null leaves the
// value so far. Equal to Spark's.
func Hash(values ...Column) Column { return call("hash", columns(values)...) }

// XXHash64 is XXH64 of the values with seed 42, as a bigint; a null leaves the
// value so far. Equal to Spark's.
func XXHash64(values ...Column) Column { return call("xxhash64", columns(values)...) }
