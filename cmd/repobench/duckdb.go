package main

import (
	_ "embed" // the script
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

//go:embed duckdb_job.py
var duckdbScript string

// duckdb runs the job by DuckDB with the given number of threads.
func duckdb(threads int) func(path string) ([]string, error) {
	return func(path string) ([]string, error) {
		python := os.Getenv("RIFFLE_PYTHON")
		if python == "" {
			python = "python3"
		}
		if out, err := exec.Command(python, "-c", "import duckdb").CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w: %s has no package duckdb (%w%s); install it there, or name another interpreter in RIFFLE_PYTHON",
				errLeftOut, python, err, lastLine(out))
		}
		return []string{python, "-c", duckdbScript, path, strconv.Itoa(threads)}, nil
	}
}

// lastLine returns ": " and the last line of what a program has printed, or nothing.
func lastLine(out []byte) string {
	text := string(out)
	for len(text) > 0 && text[len(text)-1] == '\n' {
		text = text[:len(text)-1]
	}
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] == '\n' {
			text = text[i+1:]
			break
		}
	}
	if text == "" {
		return ""
	}
	return ": " + text
}
