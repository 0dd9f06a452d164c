package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/riffledata/riffle/exec/stateread"
	"github.com/riffledata/riffle/exec/store"
	"github.com/riffledata/riffle/exec/store/open"
)

// stateCommand reads the state of streaming queries.
func stateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Read the state of a streaming query out of its checkpoint",
		Long: `State is what a query's operators remember from batch to batch. It is read as it was after a batch; the query may run
meanwhile. A checkpoint is named by its location: ` + open.Forms + ".",
		Args: known,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(stateLs(), stateGet(), stateDiff())
	return cmd
}

// stateFlags are those that the subcommands share.
type stateFlags struct {
	format string
	batch  int64
	choice stateread.Choice
	limit  int
}

func (f *stateFlags) add(cmd *cobra.Command, batch, choice bool) {
	cmd.Flags().StringVar(&f.format, "format", "table", "table, or json: an object a line")
	if batch {
		cmd.Flags().Int64Var(&f.batch, "batch", stateread.Last, "the batch after which; -1 is the last that was committed")
	}
	if choice {
		cmd.Flags().StringVar(&f.choice.Operator, "operator", "", "only the state of one operator, as aggregate-0")
		cmd.Flags().StringVar(&f.choice.State, "state", "", "only one of an operator's states, by its name")
		cmd.Flags().IntVarP(&f.limit, "limit", "n", 1000, "the most rows; 0 is all")
	}
}

// printer checks the flags.
func (f *stateFlags) printer(cmd *cobra.Command) (stateread.Printer, error) {
	p := stateread.Printer{Out: cmd.OutOrStdout(), JSON: f.format == "json", Limit: f.limit}
	switch {
	case f.format != "table" && f.format != "json":
		return p, &usageError{fmt.Errorf("--format %q; use table or json", f.format)}
	case f.batch < stateread.Last:
		return p, &usageError{fmt.Errorf("--batch %d; give the number of a batch, or -1 for the last", f.batch)}
	case f.limit < 0:
		return p, &usageError{fmt.Errorf("--limit %d; give a number of rows, or 0 for all", f.limit)}
	}
	return p, nil
}

func stateLs() *cobra.Command {
	var f stateFlags
	var all bool
	cmd := &cobra.Command{
		Use:   "ls LOCATION",
		Short: "List what the operators keep, and how much",
		Args:  arguments(1, "LOCATION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.printer(cmd)
			if err != nil {
				return err
			}
			return withStore(args, func(s store.Store) error { return p.Sizes(cmd.Context(), s, f.batch, all) })
		},
	}
	f.add(cmd, true, false)
	cmd.Flags().BoolVar(&all, "all", false, "after each batch that the checkpoint keeps")
	return cmd
}

func stateGet() *cobra.Command {
	var f stateFlags
	cmd := &cobra.Command{
		Use:   "get LOCATION [KEY]",
		Short: "Print pairs of the state, those of a key",
		Long:  `Get prints the pairs whose keys have some values: KEY is a JSON object of columns, as {"host":"a"}. Without it, it prints all.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 && len(args) != 2 {
				return &usageError{errors.New(`write LOCATION, and a key as '{"host":"a"}' if you want one`)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.printer(cmd)
			if err != nil {
				return err
			}
			var key json.RawMessage
			if len(args) == 2 {
				key = json.RawMessage(args[1])
			}
			return withStore(args, func(s store.Store) error { return p.Get(cmd.Context(), s, f.batch, f.choice, key) })
		},
	}
	f.add(cmd, true, true)
	return cmd
}

func stateDiff() *cobra.Command {
	var f stateFlags
	cmd := &cobra.Command{
		Use:   "diff LOCATION A B",
		Short: "Print what batches changed: the pairs that differ after A and after B",
		Args:  arguments(3, "LOCATION A B"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.printer(cmd)
			if err != nil {
				return err
			}
			numbers, err := batchNumbers(args[1:])
			if err != nil {
				return err
			}
			return withStore(args, func(s store.Store) error {
				return p.Diff(cmd.Context(), s, numbers[0], numbers[1], f.choice)
			})
		},
	}
	f.add(cmd, false, true)
	return cmd
}
