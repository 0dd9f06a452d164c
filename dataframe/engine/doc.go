// Package engine is the contract between a session and what computes its
// queries: one process (exec.Local) or a cluster. The session plans; the engine
// knows sources, sinks and tables, and runs.
package engine
