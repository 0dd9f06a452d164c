package exec_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec"
)

// Records that cannot be parsed, and rows on which an expression fails, are kept
// in the quarantine with the reason and their bytes; good + bad = read.
func TestQuarantine(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "in.json")
	lines := "{\"a\":\"1\"}\n{\"a\":\n{\"a\":\"x\"}\n{\"a\":\"2\"}\n[3]\n"
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	s := dataframe.Open(ctx, exec.Local(exec.Cores(2)))
	defer s.Close()
	q, err := s.ReadStream().Format("json").Schema("a STRING").Load(path).SelectExpr("cast(a as int) + 1 as b").
		WriteStream().Format("memory").QueryName("good").Quarantine("memory", "bad", nil).Trigger(dataframe.AvailableNow()).Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.AwaitTermination(ctx); err != nil {
		t.Fatal(err)
	}
	show := func(query, want string) {
		t.Helper()
		got, err := s.SQL(query).ShowString(ctx, dataframe.ShowTruncate(0))
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s:\n%s\nwant\n%s", query, got, want)
		}
	}
	show("SELECT b FROM good ORDER BY b", "+---+\n|b  |\n+---+\n|2  |\n|3  |\n+---+\n")
	show("SELECT cast(record as string) AS record, batch, offset FROM bad ORDER BY record",
		"+---------+-----+------+\n|record   |batch|offset|\n+---------+-----+------+\n|[3]      |0    |NULL  |\n"+
			"|{\"a\":    |0    |NULL  |\n|{\"a\":\"x\"}|0    |NULL  |\n+---------+-----+------+\n")
	p := q.LastProgress()
	if p.Bad.Quarantined != 3 || p.Bad.Dropped != 0 || p.NumInputRows != 5 {
		t.Errorf("progress: %+v of %d rows", p.Bad, p.NumInputRows)
	}
}
