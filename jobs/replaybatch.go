package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/riffledata/riffle/exec"
	store "github.com/riffledata/riffle/exec/store/open"
)

// again is a past batch that is to be run again instead of the job.
type again struct {
	batch    int64
	location string
	trace    string
}

// parseAgain reads N@CHECKPOINT; nil where there is nothing.
func parseAgain(text, trace string) (*again, error) {
	if text == "" {
		if trace != "" {
			return nil, errors.New("replay-trace follows a key through a batch that is replayed; say which with --replay-batch")
		}
		return nil, nil
	}
	number, location, ok := strings.Cut(text, "@")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || n < 0 || location == "" {
		return nil, fmt.Errorf("replay-batch %q: write N@CHECKPOINT, as 7@/var/lib/checkpoints/hosts", text)
	}
	return &again{n, location, trace}, nil
}

// run runs the batch. The functions and processors of the job are there: they are
// registered in package variables.
func (a *again) run(ctx context.Context, out io.Writer) error {
	files, err := store.Open(a.location)
	if err != nil {
		return err
	}
	r := exec.Replay{Batch: a.batch, Trace: json.RawMessage(a.trace), Out: out}
	return errors.Join(r.Run(ctx, files), files.Close())
}
