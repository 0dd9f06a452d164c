// Package open opens a write-once store by its location: it knows all backends.
package open
