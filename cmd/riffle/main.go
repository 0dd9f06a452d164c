package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/jobs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := root().ExecuteContext(ctx)
	interrupted := ctx.Err() != nil
	stop()
	os.Exit(exitCode(err, interrupted))
}

// root returns the command with all its subcommands.
func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "riffle",
		Short:         "Streaming and batch dataframes over Kafka and files",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          known,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{jobs.FlagError(err, cmd.Flags())}
	})
	cmd.AddCommand(versionCommand(), runCommand(), replayCommand(), checkpointCommand(), stateCommand(), replayBatchCommand())
	return cmd
}

// known refuses what is no subcommand.
func known(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range cmd.Commands() {
		names = append(names, sub.Name())
	}
	return &usageError{fmt.Errorf("no command %q%s; see riffle --help", args[0], types.DidYouMean(args[0], names))}
}

// usageError is a mistake in how the command was called.
type usageError struct{ error }

// Unwrap returns the mistake.
func (e *usageError) Unwrap() error { return e.error }

// jobError says that a job ended with a code of its own, which it has explained.
type jobError struct{ code int }

// Error names the code.
func (e *jobError) Error() string { return fmt.Sprintf("the job ended with code %d", e.code) }

func exitCode(err error, interrupted bool) int {
	var job *jobError
	var usage *usageError
	switch {
	case err == nil:
		return jobs.ExitDone
	case errors.As(err, &job):
		return job.code
	case interrupted && errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "riffle: interrupted")
		return jobs.ExitInterrupted
	}
	fmt.Fprintln(os.Stderr, "riffle:", err)
	if errors.As(err, &usage) {
		return jobs.ExitUsage
	}
	return jobs.ExitFailed
}
