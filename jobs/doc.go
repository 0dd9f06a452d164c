// Package jobs is the frame that a job's main runs in. It reads flags,
// environment and configuration, opens the session on the engine they name,
// ends cleanly on a signal, and turns the job's error into an exit code:
//
//	func main() { jobs.Main(count) }
//
//	func count(ctx context.Context, s *dataframe.Session) error { ... }
//
// A setting comes from the first that has it: a flag (--master local[4]), the
// environment (RIFFLE_MASTER=local[4]), the configuration file riffle.yaml
// (master: local[4]), its default. Flags of a job's own can be set in the same
// three ways. An unknown name in any of them is an error.
//
// Exit codes: 0 the job is done; 1 it failed; 2 it was called wrongly; 130 it
// was interrupted before it was done.
package jobs
