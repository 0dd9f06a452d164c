// Command repobench measures how fast the main job runs (Zeek DNS events in
// JSON lines: parse, filter, registered domain, count by three columns) beside
// its limit and its peers, and says whether we keep our promises:
//
//	go run ./cmd/repobench [--rows 1000000] [--rounds 9] [--gate] [--dir DIR] [NAME...]
//
// The limit is the same job by hand, in straight lines (limit_*.go). Parts of the
// job run by themselves: decoding all columns, beside the Arrow library's decoder
// and fastjson; the filter; the registered domain; grouping. From Kafka the job
// is measured beside a client that only polls; the broker is the embedded one, in
// a process of its own. DuckDB runs the job where Python has the package duckdb
// (RIFFLE_PYTHON names the interpreter; default python3).
//
// Three benchmarks stand by themselves:
//
//	go run ./cmd/repobench latency   # from an event's production to its batch's commit, and how long batches take
//	go run ./cmd/repobench idle      # the CPU time of a query that waits for data
//	go run ./cmd/repobench state     # counts by ten million keys on disk: memory, and the time of restarts
//
// Each run has a process of its own, contestants take turns, and the best of all
// rounds counts: CPU time, of the whole process, for the job alone. With --gate
// the command fails where a value misses 0.8 of what is to be accepted. NAMEs
// pick contestants by the start of their names. To see where the time goes:
//
//	go build ./cmd/repobench && GOMAXPROCS=1 ./repobench --cpuprofile FILE --run engine/file/1 EVENTS
//
// The events come from jobs/zeek/gen and are kept in the user's cache folder.
package main
