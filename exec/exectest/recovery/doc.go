// Package recovery checks that streaming queries give the same whether or not they
// are crashed on their way and go on from their checkpoint: in this process, so
// that a test can try hundreds of crashes. A crash is at a named point of the
// query's loop, or at any call of the checkpoint's store, whether or not the call
// still had its effect; each run has another parallelism and another place for the
// state. Package exec/exectest/crash kills real processes, more slowly.
package recovery
