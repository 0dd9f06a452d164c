// Package rate is a source that makes rows at a steady pace, for trying out
// queries and for tests of load: a timestamp, and a value that counts up from 0.
package rate
