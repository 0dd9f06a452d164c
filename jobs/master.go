package jobs

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/exec"
)

var localMaster = regexp.MustCompile(`^local(?:\[(\*|\d+)\])?$`)

// open returns a session on the engine that the master names.
func open(ctx context.Context, c *config, out io.Writer, opts ...exec.Option) (*dataframe.Session, error) {
	e, err := pick(c.master, append(opts, exec.Log(TerminalOf(ctx).Log))...)
	if err != nil {
		return nil, err
	}
	s := dataframe.Open(ctx, e, dataframe.Output(out))
	conf := append([]setting{{"riffle.memory.limit", "auto"}}, c.conf...) // a process of its own
	for _, setting := range conf {
		if err := s.Conf().Set(setting.key, setting.value); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// pick returns the engine of a master. local is one core, as in Spark.
func pick(master string, opts ...exec.Option) (engine.Engine, error) {
	m := localMaster.FindStringSubmatch(master)
	if m == nil {
		return nil, fmt.Errorf("the master %q is not known; write local, local[N] for N cores, or local[*] for all of them", master)
	}
	switch m[1] {
	case "":
		return exec.Local(append(opts, exec.Cores(1))...), nil
	case "*":
		return exec.Local(opts...), nil
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n < 1 || n > 4096 {
		return nil, fmt.Errorf("the master %q needs between 1 and 4096 cores", master)
	}
	return exec.Local(append(opts, exec.Cores(n))...), nil
}
