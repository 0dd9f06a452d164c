// Package json decodes JSON records straight from their bytes into Arrow
// columns, driven by a declared schema, and encodes rows as JSON lines.
//
// # What a record may be
//
// A record is one JSON text (RFC 8259) with an object at its top, or what the
// decoder's root type asks for. It is malformed if its structure is wrong
// anywhere, in skipped values too: literals, brackets, commas, escapes, raw
// control characters in strings, numbers (leading zeros among them), nesting
// beyond Options.MaxDepth, anything but white space after the end. A byte order
// mark before it is skipped. As Spark does by default, it takes 'single quotes'
// and the bare numbers NaN, Infinity, INF with or without a sign; both can be
// switched off.
//
// Spark ignores what follows the first value of a record; here that is
// malformed, since a second document in one record would vanish unseen. Spark's
// file source makes a row of each element of an array at the top; here such a
// record is malformed, as it is for Spark's from_json.
//
// # What a field may be
//
// Keys are compared exactly, after unescaping; a dot in one is a plain
// character; the last of two equal keys wins, in maps too. An absent key and null
// give null. A value that its type cannot hold gives null for that field alone
// and is counted by column and Reason; one such element makes the whole array
// or map null, as in Spark, one such field of a nested struct that field alone.
//
//	boolean           true, false; not "true", not 1
//	tinyint to bigint a number without point and exponent, in range; not 1.0, not "1"
//	float, double     a number, rounded correctly, beyond the range Infinity; the
//	                  texts NaN, Infinity, +Infinity, -Infinity, +INF, -INF
//	decimal           a number, or a text that is one (a + is allowed), rounded half
//	                  up to the scale; out of range if it has too many digits then
//	string            a text; any other value's JSON text exactly as written
//	binary            a text in padded standard base64
//	date              yyyy, yyyy-[M]M, yyyy-[M]M-[d]d, and after a blank or T any time
//	timestamp         a date, then optionally a blank or T, [h]h:[m]m[:[s]s[.fraction]]
//	                  and a zone (Z, +h, +hh:mm, UTC+1, a region); or a number: seconds
//	                  since 1970, a fraction cut to microseconds
//	timestamp_ntz     the same texts; a zone in them is a mismatch; not a number
//	struct, map       an object; keys of a map are strings
//	array             an array
//	void              always null
//
// Differences from Spark, each on purpose: Spark's from_json writes other values
// under a string anew, [1 , 2] as [1,2] and 1575413122.764317 as
// 1.575413122764317E9, where here, as in Spark's file source, they stay as they
// were; -0 under a float is -0.0, not 0.0; 200 under tinyint is out of range, not
// -56; a timestamp takes a fractional number (Zeek writes them), which is a
// mismatch in Spark; times without a date, and dates written as a count of
// days, are mismatches, since they depend on the day of the run or hide errors.
//
// A byte that is not UTF-8 in a wanted text becomes U+FFFD, so does a lone \u
// surrogate; both are counted under InvalidUTF8, and the field is kept. No string
// column ever holds invalid UTF-8.
//
// # How it is fast
//
// Values go from the record to Arrow buffers at once, without builders. Keys are
// guessed: a decoder learns the order in which they come, wanted or not, and
// compares the next one by two 8-byte words. Strings and digits are scanned
// eight bytes at a time. Validity bitmaps are made at the first null; absent
// fields cost nothing until the next value or the end of the batch.
package json
