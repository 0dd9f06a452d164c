package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/riffledata/riffle/exec/journal/inspect"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/open"
)

// checkpointCommand reads the checkpoints of streaming queries.
func checkpointCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "checkpoint",
		Short: "Look into the checkpoint of a streaming query",
		Long:  "A checkpoint is named by its location: " + open.Forms + ".",
		Args:  known,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(checkpointShow(), checkpointDiff(), checkpointSetOffsets())
	return cmd
}

// withStore opens the store that the first argument names.
func withStore(args []string, f func(s store.Store) error) error {
	s, err := open.Open(args[0])
	if err != nil {
		return &usageError{err}
	}
	return errors.Join(f(s), s.Close())
}

func checkpointShow() *cobra.Command {
	var batches int
	cmd := &cobra.Command{
		Use:   "show LOCATION",
		Short: "Print what the query is, its runs and its last batches",
		Args:  arguments(1, "LOCATION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(args, func(s store.Store) error {
				return inspect.Show(cmd.Context(), cmd.OutOrStdout(), s, batches)
			})
		},
	}
	cmd.Flags().IntVarP(&batches, "last", "n", 10, "how many runs and batches to print; 0 is all")
	return cmd
}

func checkpointDiff() *cobra.Command {
	return &cobra.Command{
		Use:   "diff LOCATION A B",
		Short: "Print what differs between two batches",
		Args:  arguments(3, "LOCATION A B"),
		RunE: func(cmd *cobra.Command, args []string) error {
			numbers, err := batchNumbers(args[1:])
			if err != nil {
				return err
			}
			return withStore(args, func(s store.Store) error {
				return inspect.Diff(cmd.Context(), cmd.OutOrStdout(), s, numbers[0], numbers[1])
			})
		},
	}
}

// batchNumbers reads arguments that are numbers of batches.
func batchNumbers(args []string) ([]int64, error) {
	out := make([]int64, len(args))
	for i, text := range args {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return nil, &usageError{fmt.Errorf("%q is no number of a batch", text)}
		}
		out[i] = n
	}
	return out, nil
}

func checkpointSetOffsets() *cobra.Command {
	var wish inspect.SetOffsets
	cmd := &cobra.Command{
		Use:   "set-offsets LOCATION SOURCE=OFFSETS...",
		Short: "Let a query that does not run go on from other offsets",
		Long: `Set-offsets moves the sources of a query that is stopped. SOURCE is a source's number, from 1; OFFSETS is JSON as
"riffle checkpoint show" prints it, of which parts may be left out: 1='{"dns":{"0":1200}}'. Nothing that is in the
checkpoint is changed: the query gets one more batch, which reads nothing and ends at these offsets. What those were
pinned to (a topic's id) is forgotten: 1='{"dns":{}}' lets a query go on where it is in a topic that was made anew.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return &usageError{errors.New(`write LOCATION SOURCE=OFFSETS, as in 1='{"dns":{"0":1200}}'`)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			wish.Offsets = map[int]json.RawMessage{}
			for _, arg := range args[1:] {
				number, text, ok := strings.Cut(arg, "=")
				n, err := strconv.Atoi(number)
				if _, twice := wish.Offsets[n]; !ok || err != nil || twice {
					return &usageError{fmt.Errorf("%s: write each source once, by its number: 1='{\"dns\":{\"0\":1200}}'", arg)}
				}
				wish.Offsets[n] = json.RawMessage(text)
			}
			return withStore(args, func(s store.Store) error { return wish.Run(cmd.Context(), cmd.OutOrStdout(), s) })
		},
	}
	cmd.Flags().BoolVar(&wish.Yes, "yes", false, "write; without it, only print what would be done")
	cmd.Flags().BoolVar(&wish.Force, "force", false, "write although a run looks alive; it is ended")
	cmd.Flags().DurationVar(&wish.Watch, "watch", 2*time.Second, "how long to watch the log for a run elsewhere before writing")
	return cmd
}

// arguments wants so many.
func arguments(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return &usageError{fmt.Errorf("there are %d arguments; write %s", len(args), what)}
		}
		return nil
	}
}
