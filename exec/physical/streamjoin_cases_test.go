package physical

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/sql"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/sink"
)

// joinCase is a case of another engine's tests: statements, records that come one
// after the other, and those that leave.
type joinCase struct {
	Name       string
	Tags       []string
	Statements []string
	Inputs     []joinRecord
	Outputs    []joinRecord
	Exception  any `json:"expectedException"`
}

type joinRecord struct {
	Topic     string
	Key       any
	Value     map[string]any
	Timestamp int64
}

var (
	createInput = regexp.MustCompile(`(?is)^CREATE (STREAM|TABLE) (\w+) \(([^()]*)\) WITH \(.*kafka_topic='(\w+)'.*\);$`)
	createJoin  = regexp.MustCompile(`(?is)^CREATE (?:STREAM|TABLE) \w+ AS SELECT ([^*()]+) FROM (\w+)(?: AS)?( \w+)? (LEFT |RIGHT |FULL OUTER |INNER )?JOIN (\w+)(?: AS)?( \w+)?( WITHIN [^()]+ SECONDS| WITHIN \([^()]+\))? ON ([\w. =]+);$`)
	aColumn     = regexp.MustCompile(`(?i)^(\w+) (BIGINT|INT|INTEGER|VARCHAR|STRING|DOUBLE)( PRIMARY KEY| KEY)?$`)
	aSpan       = regexp.MustCompile(`(?i)(\d+) seconds`)
)

// caseInput is a stream or a table of a case. A stream has its time in the column
// rowtime.
type caseInput struct {
	table  bool
	topic  string
	key    string
	schema *types.Schema
}

func readInput(text string) (name string, in *caseInput) {
	m := createInput.FindStringSubmatch(text)
	if m == nil {
		return "", nil
	}
	in = &caseInput{table: strings.EqualFold(m[1], "TABLE"), topic: m[4]}
	var fields []types.Field
	for _, col := range strings.Split(m[3], ",") {
		c := aColumn.FindStringSubmatch(strings.TrimSpace(col))
		if c == nil {
			return "", nil
		}
		typ := map[string]types.Type{"BIGINT": types.Long, "INT": types.Int, "INTEGER": types.Int, "DOUBLE": types.Double}[strings.ToUpper(c[2])]
		if typ == nil {
			typ = types.String
		}
		if fields = append(fields, types.Field{Name: strings.ToUpper(c[1]), Type: typ, Nullable: true}); c[3] != "" {
			in.key = strings.ToUpper(c[1])
		}
	}
	if !in.table {
		fields = append(fields, types.Field{Name: "rowtime", Type: types.Timestamp, Nullable: true})
	}
	in.schema = types.NewSchema(fields...)
	return m[2], in
}

// row makes a row of a record.
func (in *caseInput) row(r joinRecord) []any {
	var out []any
	for i := range in.schema.Len() {
		f := in.schema.Field(i)
		var v any
		switch f.Name {
		case "rowtime":
			out = append(out, time.UnixMilli(r.Timestamp).UTC())
			continue
		case in.key:
			v = r.Key
		default:
			v = r.Value[f.Name]
		}
		if text, ok := v.(string); ok && f.Type != types.String {
			v, _ = strconv.ParseFloat(text, 64)
		}
		if n, ok := v.(float64); ok && f.Type == types.Long {
			v = int64(n)
		} else if ok && f.Type == types.Int {
			v = int32(n)
		}
		out = append(out, v)
	}
	return out
}

// joinOfCase is a case as a plan.
type joinOfCase struct {
	inputs [2]*caseInput
	how    plan.JoinType
	cond   string
	names  [2]string
	list   string
}

// lookup tells whether the rows of a stream look up a table.
func (j *joinOfCase) lookup() bool { return j.inputs[0].table != j.inputs[1].table }

func (j *joinOfCase) kind() string {
	switch {
	case j.lookup():
		return "stream-table"
	case !j.inputs[0].table:
		return "stream-stream"
	case strings.Contains(strings.ToUpper(j.cond), "FOREIGN_KEY"):
		return "foreign-key"
	}
	return "table-table"
}

// translate returns nil for a case that says more than two inputs and a join of
// columns, or is about a format: those write null as something else.
func (c *joinCase) translate() *joinOfCase {
	if c.Exception != nil || len(c.Statements) != 3 || !slices.Contains(c.Tags, "fmt:JSON") {
		return nil
	}
	inputs := map[string]*caseInput{}
	for _, s := range c.Statements[:2] {
		name, in := readInput(s)
		if in == nil || in.table && in.key == "" {
			return nil
		}
		inputs[strings.ToUpper(name)] = in
	}
	m := createJoin.FindStringSubmatch(c.Statements[2])
	if m == nil || strings.Contains(strings.ToUpper(m[0]), "ROWKEY") {
		return nil
	}
	if how := strings.ToUpper(strings.TrimSpace(m[3])); how == "LEFT" || how == "RIGHT" || how == "INNER" { // no alias
		m[3], m[4] = "", m[3]
	}
	j := &joinOfCase{list: m[1], cond: m[8]}
	j.how = map[string]plan.JoinType{"LEFT": plan.Left, "RIGHT": plan.Right, "FULL OUTER": plan.Full}[strings.ToUpper(strings.TrimSpace(m[4]))]
	for k, at := range []int{2, 5} {
		if j.inputs[k] = inputs[strings.ToUpper(m[at])]; j.inputs[k] == nil {
			return nil
		}
		if j.names[k] = strings.TrimSpace(m[at+1]); j.names[k] == "" {
			j.names[k] = m[at]
		}
	}
	if spans := aSpan.FindAllStringSubmatch(m[7], -1); spans != nil {
		l, r := j.names[0]+".rowtime", j.names[1]+".rowtime"
		j.cond += fmt.Sprintf(" AND %s >= %s - INTERVAL %s SECONDS AND %s <= %s + INTERVAL %s SECONDS", r, l, spans[0][1], r, l, spans[len(spans)-1][1])
	}
	return j
}

// source is one side of the plan.
func (b *joinBed) source(in *caseInput, name string) (plan.Node, error) {
	b.inputs[in.topic] = b.streams.Add(in.topic, in.schema)
	var n plan.Node = plan.NewScan("memory", map[string]string{"name": in.topic}, nil, in.schema, true)
	var err error
	if in.table {
		n, err = plan.NewUpsert(n, []string{in.key})
	} else {
		n, err = plan.NewWatermark(n, "rowtime", 0)
	}
	return &plan.Alias{Input: n, Name: name}, err
}

// run feeds the records one by one and returns what came: the columns that are in
// the values of the case's records. Its keys are those of the join, which no row
// has by itself.
func (j *joinOfCase) run(t *testing.T, c *joinCase) (rows, names []string) {
	b := newJoinBed(t)
	left, right := must(b.source(j.inputs[0], j.names[0])), must(b.source(j.inputs[1], j.names[1]))
	n := must(plan.NewProject(joinOn(t, left, right, j.cond, j.how), must(sql.ParseList(j.list))))
	var list []expr.Expr
	for i := range n.Schema().Len() {
		name := strings.ToUpper(n.Schema().Field(i).Name)
		if slices.ContainsFunc(c.Outputs, func(r joinRecord) bool { _, ok := r.Value[name]; return ok }) {
			list, names = append(list, expr.RefTo(n.Schema(), i)), append(names, name)
		}
	}
	mode := sink.Update
	if j.lookup() {
		mode = sink.Append
	}
	b.build(must(plan.NewProject(n, list)), mode, 2)
	for _, r := range c.Inputs {
		for _, in := range j.inputs {
			if in.topic == r.Topic {
				b.inputs[r.Topic].Append(must(types.Record(in.schema, [][]any{in.row(r)})))
			}
		}
		rows = append(rows, b.run(-1e6)...)
	}
	return rows, names
}

// line is an output record as a row of the plan.
func (r joinRecord) line(names []string) string {
	var out []string
	for _, n := range names {
		v := r.Value[n]
		if f, ok := v.(float64); ok {
			v = strconv.FormatFloat(f, 'f', -1, 64)
		}
		if out = append(out, fmt.Sprint(v)); v == nil {
			out[len(out)-1] = "NULL"
		}
	}
	return strings.Join(out, " | ")
}

// UnmarshalJSON reads a record; the names of its columns become capitals.
func (r *joinRecord) UnmarshalJSON(text []byte) error {
	type plain joinRecord
	if err := json.Unmarshal(text, (*plain)(r)); err != nil || r.Value == nil {
		return err
	}
	value := map[string]any{}
	for n, v := range r.Value {
		value[strings.ToUpper(n)] = v
	}
	r.Value = value
	return nil
}

// differs tells whether a record is another one here: its key has parts, or it is
// of a table, and all of its value is null, which deletes its key.
func (j *joinOfCase) differs(r joinRecord) bool {
	if _, parts := r.Key.(map[string]any); parts {
		return true
	}
	for _, in := range j.inputs {
		if in.table && in.topic == r.Topic && r.Value != nil {
			for _, v := range r.Value {
				if v != nil {
					return false
				}
			}
			return true
		}
	}
	return false
}

// net adds up changes.
func net(rows []string) []string {
	var out []string
	for _, r := range rows {
		if gone, ok := strings.CutPrefix(r, "- "); ok {
			if at := slices.Index(out, gone); at >= 0 {
				out = slices.Delete(out, at, at+1)
			} else {
				out = append(out, r)
			}
			continue
		}
		r = strings.TrimPrefix(r, "+ ")
		if at := slices.Index(out, "- "+r); at >= 0 {
			out = slices.Delete(out, at, at+1)
			continue
		}
		out = append(out, r)
	}
	slices.Sort(out)
	return out
}

// expected is what the records that leave come to: of a table the last of each
// key, of a stream all, but those of a row without a match that finds one later,
// which the other engine does not take back.
func (j *joinOfCase) expected(outputs []joinRecord, names []string) []string {
	var out []string
	if j.inputs[0].table && j.inputs[1].table {
		last := map[string]joinRecord{}
		for _, r := range outputs {
			last[fmt.Sprint(r.Key)] = r
		}
		for _, r := range last {
			if r.Value != nil {
				out = append(out, r.line(names))
			}
		}
		slices.Sort(out)
		return out
	}
	for i, r := range outputs {
		found := slices.ContainsFunc(outputs[i+1:], func(o joinRecord) bool { return fmt.Sprint(o.Key) == fmt.Sprint(r.Key) && r.without(o) })
		if j.lookup() || !found {
			out = append(out, r.line(names))
		}
	}
	slices.Sort(out)
	return out
}

// without tells whether a record is another one with nulls for some of its values.
func (r joinRecord) without(o joinRecord) bool {
	less := false
	for n, v := range r.Value {
		if v == nil && o.Value[n] != nil {
			less = true
		} else if v != o.Value[n] {
			return false
		}
	}
	return less
}

// The cases of streams and tables joined by columns, of all kinds, come to the
// same relation.
func TestStreamJoinCases(t *testing.T) {
	root := os.Getenv("RIFFLE_TESTDATA")
	if root == "" {
		t.Skip("set RIFFLE_TESTDATA to the folder of the reference data to run its cases of joins")
	}
	ran := map[string]int{}
	for _, file := range []string{"joins.json", "fk-join.json"} {
		text, err := os.ReadFile(filepath.Join(root, "conformance", "ksql", "cases", file))
		if err != nil {
			t.Fatal(err)
		}
		var suite struct{ Tests []json.RawMessage }
		if err := json.Unmarshal(text, &suite); err != nil {
			t.Fatal(err)
		}
		for _, one := range suite.Tests {
			var c joinCase
			if err := json.Unmarshal(one, &c); err != nil { // values that are no records
				continue
			}
			j := c.translate()
			if j == nil || slices.ContainsFunc(c.Inputs, j.differs) {
				continue
			}
			ran[j.kind()]++
			t.Run(file+"/"+c.Name, func(t *testing.T) {
				rows, names := j.run(t, &c)
				if got, want := net(rows), j.expected(c.Outputs, names); !slices.Equal(got, want) {
					t.Errorf("%s\ncame\n%s\nnot\n%s", strings.Join(c.Statements, "\n"), strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			})
		}
	}
	t.Log(ran)
	for _, kind := range []string{"stream-stream", "stream-table", "table-table", "foreign-key"} {
		if ran[kind] < 2 {
			t.Errorf("of %s joins %d cases ran", kind, ran[kind])
		}
	}
}
