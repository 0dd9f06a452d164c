package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/riffledata/riffle/exec/exectest/kafka"
)

func main() {
	if err := run(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "repokafka:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	flags := flag.NewFlagSet("repokafka", flag.ContinueOnError)
	nodes := flags.Int("nodes", 1, "the number of brokers")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch args := flags.Args(); {
	case len(args) == 0:
		return serve(ctx, *nodes)
	case len(args) == 1 && args[0] == "fetch":
		return fetch(ctx)
	default:
		return fmt.Errorf("unknown arguments %q; give none to run brokers, or fetch to get their jars", args)
	}
}

func fetch(ctx context.Context) error {
	dir, err := kafka.Dir()
	if err != nil {
		return err
	}
	if err := kafka.Fetch(ctx, dir); err != nil {
		return err
	}
	fmt.Println(dir)
	return nil
}

// serve runs brokers until standard input or ctx ends.
func serve(ctx context.Context, nodes int) error {
	b, err := kafka.StartCluster(ctx, nodes, kafka.Options{})
	if err != nil {
		return err
	}
	defer b.Close()
	fmt.Println(b.Addr())
	ctx, cancel := context.WithCancel(ctx)
	go func() { // ends with the process at the latest: a read cannot be called off
		defer cancel()
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	if err := b.Wait(ctx); err == nil {
		return errors.New("a broker ended by itself")
	}
	return b.Close()
}
