// Package source is the contract of a source: what can be read in ranges that
// are planned before they are read, and read again exactly.
//
// A streaming query asks a source where a batch ends (Next), writes the answer
// down, splits the range among tasks (Plan) and reads it (Open). Reading the
// same range twice gives the same rows in the same order. A batch query reads
// from one end to the other of Bounds in the same way.
package source
