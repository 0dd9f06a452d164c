package stream

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/physical"
	"github.com/riffledata/riffle/exec/source"
)

// pins asks the sources what the end of a batch is a position in. It is nil where
// none of them tells, and where nothing is written down.
func (q *Query) pins(to ends) []json.RawMessage {
	if q.Files == nil {
		return nil
	}
	out, any := make([]json.RawMessage, len(to)), false
	for i, s := range q.Plan.Scans {
		if p, ok := s.Source.(source.Pinner); ok {
			out[i] = p.Pin(to[i])
		}
		if len(out[i]) == 0 {
			out[i] = json.RawMessage("null")
			continue
		}
		any = true
	}
	if !any {
		return nil
	}
	return out
}

// recall tells the sources where the last run has left them.
func (q *Query) recall(ctx context.Context) error {
	switch {
	case q.Resume.Open != nil:
		return Recall(ctx, q.Plan.Scans, *q.Resume.Open)
	case q.Resume.Done != nil:
		return Recall(ctx, q.Plan.Scans, *q.Resume.Done)
	}
	return nil
}

// Recall tells the sources of a plan's scans what the offsets of a batch that was
// planned before are positions in. It is an error if that is no longer there.
func Recall(ctx context.Context, scans []*physical.Scan, p checkpoint.Plan) error {
	for i, s := range scans {
		pinner, ok := s.Source.(source.Pinner)
		if !ok || i >= len(p.Pins) || i >= len(p.To) || string(p.Pins[i]) == "null" {
			continue
		}
		if err := pinner.Recall(ctx, p.To[i], p.Pins[i]); err != nil {
			return err
		}
	}
	return nil
}

func samePins(a, b []json.RawMessage) bool {
	return slices.EqualFunc(a, b, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) })
}
