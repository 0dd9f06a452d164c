// Package storetest is what a write-once store must pass: a conformance suite, and a
// store that fails as real ones do, for tests of those who use a store.
package storetest
