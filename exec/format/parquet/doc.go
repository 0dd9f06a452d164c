// Package parquet writes and reads record batches as Parquet files. It is the
// only home of the Parquet library.
package parquet
