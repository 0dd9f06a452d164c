package kernel

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/riffledata/riffle/dataframe/expr"
)

// conformanceCase is one query with its answer as Spark gives it.
type conformanceCase struct {
	ID     string            `json:"id"`
	Query  string            `json:"query"`
	Conf   map[string]string `json:"conf"`
	SQL    []string          `json:"sql"`
	Rows   [][]string        `json:"rows"`
	Error  string            `json:"error"`
	Render string            `json:"render"`
	Tags   []string          `json:"tags"`
}

// knownDifferences are the cases in which we differ, with the reason.
var knownDifferences = map[string]string{
	"fn/math/a2aa2523ce":                       "one calendar interval type, where Spark has a year-month one",
	"fn/math/c2636a324d":                       "one calendar interval type, where Spark has a year-month one",
	"fn/math/60af232f15":                       "one calendar interval type, where Spark has a year-month one",
	"sc/math/try_add/try-add-doctest-5-result": "one calendar interval type, where Spark has a year-month one",
	"sc/datetime/interval_day_to_second/overflow-hours-into-days":                  "hours beyond 23 are taken in day-time literals",
	"sc/datetime/interval_day_to_second/equality-with-normalized-form":             "hours beyond 23 are taken in day-time literals",
	"sc/math/negative/negating-the-maximum-decimal-overflows-its-precision-case#1": "no decimal overflows when it is negated",
	"sc/math/negative/negating-the-maximum-decimal-overflows-its-precision-case#2": "no decimal overflows when it is negated",
}

// operatorsAlone are the kernels that TestConformance is about.
var operatorsAlone = sync.OnceValue(func() map[string]bool {
	own := map[string]bool{}
	for _, family := range []map[string]Maker{nullKernels(), comparisonKernels(), logicKernels(), patternKernels(), arithmeticKernels(),
		bitwiseKernels(), rangeKernels(), nestedKernels()} {
		for name := range family {
			own[name] = true
		}
	}
	for name := range lazyMakers() {
		own[name] = true
	}
	return own
})

// TestConformance computes the Spark cases that are one expression without a
// table, made of operators, conditionals, patterns, casts and collections.
func TestConformance(t *testing.T) {
	root := os.Getenv("RIFFLE_TESTDATA")
	if root == "" {
		t.Skip("set RIFFLE_TESTDATA to the folder with conformance/spark to run Spark's function examples")
	}
	ran := 0
	for _, name := range []string{"functions.jsonl", "scenarios.jsonl"} {
		f, err := os.Open(filepath.Join(root, "conformance", "spark", name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		scan := bufio.NewScanner(f)
		scan.Buffer(nil, 1<<22)
		for scan.Scan() {
			var c conformanceCase
			if err := json.Unmarshal(scan.Bytes(), &c); err != nil {
				t.Fatal(err)
			}
			text, ok := strings.CutPrefix(c.Query, "SELECT ")
			if !ok || len(c.SQL) > 0 || strings.Contains(strings.ToUpper(text), "FROM") || c.Error == "" && len(c.Rows) != 1 {
				continue
			}
			if got, want, comparable := runCase(c, text); comparable {
				ran++
				if _, known := knownDifferences[c.ID]; got != want && !known {
					t.Errorf("%s: %s\n  got  %s\n  want %s", c.ID, text, got, want)
				}
			}
		}
		if err := scan.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if ran < 100 {
		t.Errorf("only %d cases were found", ran)
	}
}

func runCase(c conformanceCase, text string) (got, want string, ok bool) {
	env := testEnv()
	env.ANSI = c.Conf["spark.sql.ansi.enabled"] == "true"
	zone, err := LoadZone(c.Conf["spark.sql.session.timeZone"])
	if err != nil {
		return "", "", false
	}
	env.Zone = zone
	v, e, err := evalSQL(env, text)
	if err != nil && (e == nil || strings.Contains(err.Error(), "has no kernel") || strings.Contains(err.Error(), "no function")) {
		return err.Error(), "", false
	}
	if e != nil && !own(e) {
		return "", "", false
	}
	if c.Error != "" {
		if err == nil {
			return render(env, v), "error " + c.Error, true
		}
		if ok, _ := regexp.MatchString(c.Error, err.Error()); !ok {
			return err.Error(), "error " + c.Error, true
		}
		return "", "", true
	}
	if err != nil {
		return err.Error(), c.Rows[0][0], true
	}
	if strings.ContainsAny(c.Rows[0][0], "[{") || len(c.Rows[0]) > 1 {
		return "", "", false
	}
	return strings.TrimSpace(render(env, v)), strings.TrimSpace(c.Rows[0][0]), true
}

// own tells whether all calls are of operatorsAlone.
func own(e expr.Expr) bool {
	ok, operators := true, operatorsAlone()
	expr.Walk(e, func(e expr.Expr) bool {
		if c, is := e.(*expr.Call); is {
			ok = ok && operators[c.Name]
		}
		return ok
	})
	return ok
}
