// Package memory keeps a write-once store in memory, for tests and for queries
// whose checkpoint need not outlive the process.
package memory
