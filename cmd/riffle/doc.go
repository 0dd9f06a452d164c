// Command riffle is the tool beside the jobs: it runs job binaries, replays
// recorded events into Kafka, looks into checkpoints, and tells its version. Each
// subcommand has a file; what they do is in the packages they call.
package main
