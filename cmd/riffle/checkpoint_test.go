package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/riffledata/riffle/exec/checkpoint"
	"github.com/riffledata/riffle/exec/journal"
	"github.com/riffledata/riffle/exec/store/dir"
)

// mkcheckpoint writes the checkpoint of a query that has committed three batches
// into a folder. With "open" one more is planned; with "alive" its process is one
// that lives; with "pinned" its offsets say what they are positions in.
func mkcheckpoint() {
	if err := writeCheckpoint(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func writeCheckpoint(ctx context.Context, folder, kind string) error {
	s, err := dir.Open(folder)
	if err != nil {
		return err
	}
	defer s.Close()
	l := journal.Open(s, journal.Options{})
	defer l.Close()
	run := checkpoint.Epoch{RunID: "run-1", Host: "elsewhere", PID: 7}
	if kind == "alive" {
		run.PID = os.Getppid()
		if run.Host, err = os.Hostname(); err != nil {
			return err
		}
	}
	meta := checkpoint.Meta{ID: "q-1", Hash: "xxh3", KeyGroups: 4096, Sources: []string{"kafka dns"}, Mode: "update", Sink: "memory",
		Operators: []json.RawMessage{json.RawMessage(`{"operator":"aggregate-0","spaces":[{"name":"groups","key":"host STRING","value":"n BIGINT"},{"name":"timers"}]}`)}, Plan: "Aggregate\n  Scan kafka dns"}
	run.Operators, run.Plan = meta.Operators, meta.Plan
	if _, err := l.Begin(ctx, meta, run); err != nil {
		return err
	}
	batches := int64(3)
	if kind == "open" {
		batches = 4
	}
	for {
		a := l.Next()
		switch {
		case a.Batch == batches, a.Batch == 3 && a.Step == checkpoint.Execute:
			return nil
		case a.Step == checkpoint.MakePlan:
			p := exampleBatch(a.Batch)
			if kind == "pinned" {
				p.Pins = []json.RawMessage{json.RawMessage(`{"dns":{"id":"AAECAwQFBgcICQoLDA0ODw","epochs":{"0":4,"1":7}}}`)}
			}
			_, err = l.Plan(ctx, p)
		case a.Step == checkpoint.Confirm:
			err = l.Confirm(ctx)
		case a.Step == checkpoint.CommitBatch:
			_, _, err = l.Commit(ctx, checkpoint.Commit{Read: 100, Written: 7, Sizes: map[string]checkpoint.StateSize{"aggregate-0": {Rows: 5 + a.Batch, Bytes: 200}}})
		default:
			err = l.Did(a.Step)
		}
		if err != nil {
			return err
		}
	}
}

func exampleBatch(n int64) checkpoint.Plan {
	at := func(n int64) []json.RawMessage {
		return []json.RawMessage{json.RawMessage(fmt.Sprintf(`{"dns":{"0":%d,"1":%d}}`, n*40, n*60))}
	}
	return checkpoint.Plan{From: at(n), To: at(n + 1), Time: 1767225600000000 + n*1000000, Watermark: 1767225590000000, Late: checkpoint.NoTime, Plan: "f00d"}
}
