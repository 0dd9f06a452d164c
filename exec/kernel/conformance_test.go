package kernel_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/kernel"
)

// sparkCase is one collected query and what Spark answers.
type sparkCase struct {
	ID, Query, Render string
	SQL               []string
	Conf              map[string]string
	Rows              [][]string
	Text, Error       *string
	Tags              []string
}

// oneRow matches queries that compute expressions without any table.
var oneRow = regexp.MustCompile(`(?is)^\s*select\s+(.*)$`)

// TestSparkFunctions computes the collected cases that need no table, as far as
// their functions are known here.
func TestSparkFunctions(t *testing.T) {
	root := os.Getenv("RIFFLE_TESTDATA")
	if root == "" {
		t.Skip("RIFFLE_TESTDATA names no folder with conformance data")
	}
	for _, file := range []string{"functions.jsonl", "scenarios.jsonl"} {
		t.Run(file, func(t *testing.T) {
			passed, different := 0, map[string]bool{}
			for _, c := range readCases(t, filepath.Join(root, "conformance/spark", file)) {
				known, err := c.run()
				switch {
				case !known:
				case err == nil && knownDifferences[c.ID] != "":
					t.Errorf("%s passes now: take it off the known differences", c.ID)
				case err == nil:
					passed++
				case knownDifferences[c.ID] == "":
					t.Errorf("%s: %s\n    %v", c.ID, c.Query, err)
				default:
					different[c.ID] = true
				}
			}
			t.Logf("%d passed, %d differ on purpose", passed, len(different))
		})
	}
}

func readCases(t *testing.T, path string) []sparkCase {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []sparkCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c sparkCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// run computes a case and compares it. known is false where it is not for this
// test: it needs a table, or a function or a syntax that does not exist here.
func (c *sparkCase) run() (known bool, err error) {
	m := oneRow.FindStringSubmatch(c.Query)
	if m == nil || len(c.SQL) > 0 || c.Rows == nil && c.Text == nil && c.Error == nil || len(c.Rows) > 1 {
		return false, nil
	}
	for _, tag := range c.Tags {
		name, isFn := strings.CutPrefix(tag, "fn:")
		if _, ok := expr.Lookup(name); isFn && !ok || tag == "P3" || tag == "nondeterministic" {
			return false, nil
		}
	}
	list, err := sql.ParseList(m[1])
	if err != nil {
		return false, nil // a table, or syntax for a test of the parser
	}
	scope := &expr.Scope{Schema: types.NewSchema()}
	boundList, err := scope.BindList(list)
	if err == nil {
		for _, e := range boundList {
			if expr.HasAggregate(e) {
				return false, nil
			}
		}
	}
	env, zoneErr := c.env()
	if zoneErr != nil {
		return true, zoneErr
	}
	var got []string
	for _, e := range boundList {
		var v kernel.Value
		if v, err = compute(env, e); err != nil {
			break
		}
		got = append(got, strings.TrimSpace(rendered(v.Array, 0, c.Render == "hive", env.Zone)))
	}
	return true, c.compare(got, err)
}

func (c *sparkCase) env() (*kernel.Env, error) {
	env := testEnv()
	env.ANSI = c.Conf["spark.sql.ansi.enabled"] != "false"
	zone, err := kernel.LoadZone(c.Conf["spark.sql.session.timeZone"])
	env.Zone = zone
	return env, err
}

func (c *sparkCase) compare(got []string, err error) error {
	switch {
	case c.Error != nil && err == nil:
		return fmt.Errorf("no error, but %q", got)
	case c.Error != nil:
		return nil
	case err != nil:
		return fmt.Errorf("failed: %w", err)
	case c.Text != nil:
		if normalLines(strings.Join(got, "\n")) != normalLines(*c.Text) {
			return fmt.Errorf("got %q, want %q", got, *c.Text)
		}
		return nil
	case len(c.Rows) != 1 || len(got) != len(c.Rows[0]):
		return fmt.Errorf("got %q, want %q", got, c.Rows)
	}
	for i, cell := range c.Rows[0] {
		if got[i] != strings.TrimSpace(cell) {
			return fmt.Errorf("got %q, want %q", got, c.Rows[0])
		}
	}
	return nil
}

func normalLines(s string) string {
	var out []string
	for _, line := range strings.Split(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

func testEnv() *kernel.Env {
	return &kernel.Env{ANSI: true, Zone: time.UTC, Time: time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC), Seed: 1, Bad: &kernel.BadFields{}}
}

// compute gives the value of an expression without columns. What panics is an
// error as well, so that a test can go on.
func compute(env *kernel.Env, e expr.Expr) (v kernel.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	ev, err := kernel.Compile(e)
	if err != nil {
		return v, err
	}
	one := array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, 1)
	return ev.Eval(env, one, kernel.Rows{N: 1})
}
