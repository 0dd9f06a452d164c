// Package jobstest runs pipelines in tests: by files, and through an embedded
// broker in many batches with a stop in the middle.
package jobstest
