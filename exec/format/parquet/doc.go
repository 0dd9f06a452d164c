// Package parquet writes and reads record batches as Parquet files. It is the
// only home of the Parquet library, which knows pages, encodings and
// compressions; the way between its levels of repetition and definition and
// Arrow's arrays is here.
//
// Each type that a column of ours can have has one form in a file, Spark's, but
// for intervals and columns of type void, which cannot be written. Files of
// others may hold more: numbers without a sign become the next wider type with
// one, times of any unit timestamps, and lists and maps may have the forms of
// older programs.
package parquet
