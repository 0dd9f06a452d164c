package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	err := run(os.Args[1:])
	if errors.Is(err, errFound) {
		os.Exit(1)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "repocheck:", err)
		os.Exit(2)
	}
}

// errFound is returned where all that is wrong was printed already.
var errFound = errors.New("there are findings")

func run(args []string) error {
	switch {
	case len(args) == 0:
		return checkTree()
	case args[0] == "tests":
		flags := flag.NewFlagSet("repocheck tests", flag.ContinueOnError)
		skips := flags.String("skips", ".ci/skips", "file of the skips that are expected")
		summary := flags.String("summary", "", "file to write the packages' results to")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return checkTests(os.Stdin, os.Stdout, *skips, *summary)
	}
	return fmt.Errorf("unknown command %q; give none to check the tree, or tests to read what go test -json writes", args[0])
}

// checkTree runs all checks on the repository around the working directory.
func checkTree() error {
	root, err := findRoot(".")
	if err != nil {
		return err
	}
	t, err := load(os.DirFS(root))
	if err != nil {
		return err
	}
	failed := 0
	for _, c := range checks {
		for _, f := range c.run(t) {
			fmt.Println(f)
			failed++
		}
	}
	if failed > 0 {
		fmt.Fprintf(os.Stderr, "%d findings\n", failed)
		return errFound
	}
	return nil
}
