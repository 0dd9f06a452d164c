// Package format holds the formats of records: its sub-packages turn bytes into
// Arrow columns and back. It has no code of its own.
package format
