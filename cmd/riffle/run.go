package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// runCommand runs a job binary here, with the master in its environment: what
// comes after the binary is the job's own.
func runCommand() *cobra.Command {
	var master string
	var conf []string
	cmd := &cobra.Command{
		Use:   "run [--master M] BIN [job flags]",
		Short: "Run a job binary on this machine",
		Long: `Run starts a job binary and waits for it. --master says where it computes: local, local[N] for N cores,
local[*] for all of them. All that follows the binary is given to the job; riffle ends with the job's exit code.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runJob(cmd, master, conf, args)
		},
	}
	cmd.Flags().SetInterspersed(false)
	cmd.Flags().StringVar(&master, "master", "", "where to compute: local, local[N] or local[*]")
	cmd.Flags().StringArrayVar(&conf, "conf", nil, "a setting of the session, as key=value; may be given several times")
	return cmd
}

func runJob(cmd *cobra.Command, master string, conf, args []string) error {
	bin, err := exec.LookPath(args[0])
	if errors.Is(err, exec.ErrDot) {
		err = nil // a binary of this folder, named without ./
	}
	if err != nil {
		return &usageError{fmt.Errorf("no job binary %s: %w; build it with go build -o %s", args[0], err, args[0])}
	}
	if !strings.ContainsRune(bin, os.PathSeparator) {
		bin = "." + string(os.PathSeparator) + bin
	}
	var flags []string
	if master != "" {
		flags = append(flags, "--master", master)
	}
	for _, c := range conf {
		flags = append(flags, "--conf", c)
	}
	job := exec.CommandContext(cmd.Context(), bin, append(flags, args[1:]...)...)
	job.Stdin, job.Stdout, job.Stderr = os.Stdin, cmd.OutOrStdout(), cmd.ErrOrStderr()
	job.Cancel = func() error { return job.Process.Signal(syscall.SIGINT) } // the job ends as it does by itself
	err = job.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return &jobError{exit.ExitCode()}
	}
	if cmd.Context().Err() != nil && job.ProcessState != nil && job.ProcessState.Success() {
		return nil
	}
	return err
}
