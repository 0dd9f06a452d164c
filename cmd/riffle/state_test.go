package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/exec"
)

// mkstate counts the hosts in the files of a folder, one a batch, with a
// checkpoint: mkstate CHECKPOINT FOLDER.
func mkstate() {
	if err := countHosts(context.Background(), os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func countHosts(ctx context.Context, checkpoint, folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	s := dataframe.Open(ctx, exec.Local(exec.Cores(1)))
	defer s.Close()
	hits := s.ReadStream().Format("json").Schema("host STRING, n BIGINT").Option("path", folder).Option("maxFilesPerTrigger", 1).Load()
	q, err := hits.Filter("n > 0").GroupBy(fn.Col("host")).Agg(fn.Count().Alias("c"), fn.Max(fn.Col("n")).Alias("most")).
		WriteStream().Format("memory").QueryName("hosts").OutputMode(dataframe.Update).Checkpoint(checkpoint).Trigger(dataframe.AvailableNow()).Start(ctx)
	if err != nil {
		return err
	}
	return q.AwaitTermination(ctx)
}
