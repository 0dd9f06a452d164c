// Package btree is an ordered map from bytes to bytes for state that is held in
// memory: a B+tree whose pages are plain bytes, so that ten million pairs are a
// few tens of thousands of objects without pointers to the garbage collector.
package btree
