// Package types holds riffle's data types, schemas and rows, and their Arrow
// twins.
//
// The types and their names are Spark's: bigint, string, struct<a:int> and so
// on. A Type is immutable and may be shared; two types are compared with Equal.
// What a value of a type looks like in a Row, and in an Arrow array, stands
// beside the type.
package types
