package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/jobs"
)

// replayBatchCommand runs a past batch of a streaming query again.
func replayBatchCommand() *cobra.Command {
	var trace string
	var options []string
	cmd := &cobra.Command{
		Use:   "replay-batch LOCATION N",
		Short: "Run a past batch of a streaming query again, and print what it gives",
		Long: `Replay-batch runs batch N again as it was: from its plan in the checkpoint, over the same ranges of its sources, on the
state before it. It prints the result and the changes of the state, and fails where they are not those that the batch was
committed with. Nothing is written to a sink or to the checkpoint. The sources are those of the batch; the topics of a job that
was tried out on its embedded broker are there again. A job that has functions or processors of its own is
replayed by its own binary: JOB --replay-batch N@LOCATION.`,
		Args: arguments(2, "LOCATION N"),
		RunE: func(cmd *cobra.Command, args []string) error {
			numbers, err := batchNumbers(args[1:])
			if err != nil {
				return err
			}
			instead, err := jobs.SourceOptions(options)
			if err != nil {
				return &usageError{fmt.Errorf("--option %w", err)}
			}
			r := exec.Replay{Batch: numbers[0], Trace: json.RawMessage(trace), Options: instead, Out: cmd.OutOrStdout()}
			return withStore(args, func(s store.Store) error { return jobs.ReplayBatch(cmd.Context(), s, args[0], r) })
		},
	}
	cmd.Flags().StringVar(&trace, "trace", "", `follow a key, a JSON object of columns as {"host":"a"}: its rows in the sources and the result, and its state`)
	cmd.Flags().StringArrayVar(&options, "option", nil, "an option of the sources in place of theirs, as kafka.bootstrap.servers=HOST:PORT; may be given several times")
	return cmd
}
