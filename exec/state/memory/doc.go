// Package memory keeps state in memory: one B+tree of byte pages for each task of
// an operator, changed in place and undone from the values before. The checkpoint
// alone makes it durable.
package memory
