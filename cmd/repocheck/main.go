package main

import (
	"fmt"
	"os"
)

func main() {
	root, err := findRoot(".")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	t, err := load(os.DirFS(root))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
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
		os.Exit(1)
	}
}
