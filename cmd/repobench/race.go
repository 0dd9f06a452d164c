package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// errLeftOut says that a contestant cannot run on this machine.
var errLeftOut = errors.New("left out")

// race runs the contestants in turns, round by round, and returns the best of
// each by name. One that cannot run here is left out, and said so.
func race(ctx context.Context, racers []contestant, path string, rounds int) (best map[string]outcome, err error) {
	best = map[string]outcome{}
	out := map[string]bool{}
	passed := int64(0)
	broker := brokerProcess{path: path}
	defer func() { err = errors.Join(err, broker.close()) }()
	for round := range rounds {
		for _, c := range racers {
			if out[c.name] || c.seldom && round%3 != 0 {
				continue
			}
			input := path
			if c.kafka {
				if input, err = broker.start(ctx); err != nil {
					return nil, err
				}
			}
			o, err := start(ctx, c, input)
			if errors.Is(err, errLeftOut) {
				fmt.Fprintf(os.Stderr, "%s: %v\n", c.name, err)
				out[c.name] = true
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if o.Passed > 0 && passed > 0 && o.Passed != passed {
				return nil, fmt.Errorf("%s counted %d rows, others %d: they do not do the same job", c.name, o.Passed, passed)
			}
			passed = max(passed, o.Passed)
			if round > 0 {
				o = better(best[c.name], o)
			}
			best[c.name] = o
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, rounds)
	}
	return best, nil
}

func better(a, b outcome) outcome {
	b.CPU, b.Wall, b.Peak, b.GC = min(a.CPU, b.CPU), min(a.Wall, b.Wall), min(a.Peak, b.Peak), min(a.GC, b.GC)
	return b
}

// start runs a contestant once, in a process of its own with as many cores as it
// may use.
func start(ctx context.Context, c contestant, path string) (outcome, error) {
	self, err := os.Executable()
	if err != nil {
		return outcome{}, err
	}
	args := []string{self, "--run", c.name, path}
	if c.command != nil {
		if args, err = c.command(path); err != nil {
			return outcome{}, err
		}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(c.cores))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		return outcome{}, fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	var o outcome
	if err := json.Unmarshal(text, &o); err != nil {
		return outcome{}, fmt.Errorf("printed %q instead of an outcome: %w", text, err)
	}
	return o, nil
}
