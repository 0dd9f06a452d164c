package exec_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/dataframe/fn"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec"
)

const people = "id INT, name STRING, age INT, `e.mail` STRING"

func (b *bench) people() *dataframe.DataFrame {
	return b.frame(people, []any{1, "ada", 36, "a@x"}, []any{2, "Bob", nil, nil}, []any{3, "cid", 20, "c@y"}, []any{4, nil, 36, ""})
}

// Every step of a dataframe, one after the other.
func TestSteps(t *testing.T) {
	b := open(t)
	d, col := b.people(), fn.Col
	for _, c := range []struct {
		what    string
		df      *dataframe.DataFrame
		columns string
		rows    string
	}{
		{"select", d.Select(col("Name"), col("age").Plus(1).Alias("next")), "Name next", "[[ada,37] [Bob,null] [cid,21] [null,37]]"},
		{"select star", d.Select(col("*"), fn.Lit(0)).Limit(1), "id name age e.mail 0", "[[1,ada,36,a@x,0]]"},
		{"select quoted", d.Select(col("`e.mail`")).Limit(1), "e.mail", "[[a@x]]"},
		{"select aggregates", d.Select(fn.Count(), fn.Max(col("age"))), "count(1) max(age)", "[[4,36]]"},
		{"select nothing", d.Select().Limit(2), "", "[[] []]"},
		{"select text", d.SelectExpr("id * 2 AS two", "upper(name)", "*").Limit(1), "two upper(name) id name age e.mail", "[[2,ADA,1,ada,36,a@x]]"},
		{"filter", d.Filter(col("age").Gt(20)), "id name age e.mail", "[[1,ada,36,a@x] [4,null,36,]]"},
		{"where text", d.Where("age > 20 AND name IS NOT NULL"), "id name age e.mail", "[[1,ada,36,a@x]]"},
		{"where null", d.Where("age != 36").Select(col("id")), "id", "[[3]]"},
		{"filter null", d.Filter(fn.Lit(nil)).Select(col("id")), "id", "[]"},
		{"add", d.WithColumn("old", col("age").Ge(36)).Drop("e.mail", "AGE", "nobody"), "id name old", "[[1,ada,true] [2,Bob,null] [3,cid,false] [4,null,true]]"},
		{"replace", d.WithColumn("ID", col("id").Times(10)).Select(col("*")).Limit(1), "ID name age e.mail", "[[10,ada,36,a@x]]"},
		{"rename", d.WithColumnRenamed("AGE", "years").WithColumnRenamed("none", "x").Limit(1), "id name years e.mail", "[[1,ada,36,a@x]]"},
		{"drop all", d.Drop("id", "name", "age", "e.mail").Limit(3), "", "[[] [] []]"},
		{"alias", d.Alias("p").Select(col("p.name"), col("p.`e.mail`")).Limit(1), "name e.mail", "[[ada,a@x]]"},
		{"alias star", d.Alias("p").Select(col("p.*")).Limit(1), "id name age e.mail", "[[1,ada,36,a@x]]"},
		{"order", d.OrderBy(col("age"), col("id").Desc()).Select(col("id"), col("age")), "id age", "[[2,null] [3,20] [4,36] [1,36]]"},
		{"order downwards", d.Sort(col("age").Desc(), col("id")).Select(col("id")), "id", "[[1] [4] [3] [2]]"},
		{"nulls last", d.Sort(col("age").AscNullsLast(), col("id")).Select(col("id")), "id", "[[3] [1] [4] [2]]"},
		{"nulls first", d.Sort(col("age").DescNullsFirst(), col("id")).Select(col("id")), "id", "[[2] [1] [4] [3]]"},
		{"limit", d.Limit(2).Select(col("id")), "id", "[[1] [2]]"},
		{"limit 0", d.Limit(0).Select(col("id")), "id", "[]"},
		{"offset", d.Offset(3).Select(col("id")), "id", "[[4]]"},
		{"page", d.Offset(1).Limit(2).Select(col("id")), "id", "[[2] [3]]"},
		{"limit then offset", d.Limit(2).Offset(1).Select(col("id")), "id", "[[2]]"},
		{"distinct", d.Select(col("age")).Distinct().OrderBy(col("age")), "age", "[[null] [20] [36]]"},
		{"union", d.Select(col("id")).Union(d.Select(col("age").Cast("bigint"))).OrderBy(col("id")), "id", "[[null] [1] [2] [3] [4] [20] [36] [36]]"},
		{"union by name", d.Select(col("id"), col("name")).UnionByName(d.Select(col("NAME"), col("id")), false).Distinct().OrderBy(col("id")), "id name",
			"[[1,ada] [2,Bob] [3,cid] [4,null]]"},
		{"union with missing", d.Select(col("id")).Limit(1).UnionByName(d.Select(col("name")).Limit(1), true), "id name", "[[1,null] [null,ada]]"},
		{"count", d.GroupBy(col("age")).Count().OrderBy(col("age")), "age count", "[[null,1] [20,1] [36,2]]"},
		{"sum", d.GroupBy(col("age")).Sum("id").OrderBy(col("age")), "age sum(id)", "[[null,2] [20,3] [36,5]]"},
		{"avg of all", d.GroupBy(col("name")).Avg().OrderBy(col("name")).Limit(2), "name avg(id) avg(age)", "[[null,4,36] [Bob,2,null]]"},
		{"min and max", d.GroupBy().Min("age").Union(d.GroupBy().Max("age")), "min(age)", "[[20] [36]]"},
		{"agg", d.GroupBy(col("age").IsNull().Alias("unknown")).Agg(fn.Sum(col("id")).Div(fn.Count()).Alias("mean")).OrderBy(col("mean")), "unknown mean", "[[true,2] [false,2.6666666666666665]]"},
		{"agg of none", d.Filter("false").Agg(fn.Count().Alias("n"), fn.Sum(col("id")).Alias("s")), "n s", "[[0,null]]"},
		{"groups of none", d.Filter("false").GroupBy(col("id")).Count(), "id count", "[]"},
	} {
		if err := c.df.Err(); err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		want(t, c.what, strings.Join(c.df.Columns(), " "), c.columns)
		want(t, c.what, rowsOf(t, c.df), c.rows)
	}
}

// Every method of Column.
func TestColumns(t *testing.T) {
	b := open(t)
	d := b.frame("a INT, b INT, s STRING, n INT, arr ARRAY<INT>, m MAP<STRING, INT>, st STRUCT<x: INT, `y.z`: STRING>, f DOUBLE",
		[]any{7, 2, "Abcä_e%", nil, []any{1, nil, 3}, map[any]any{"k": 5}, types.NewRow(schemaOf(t, "x INT, `y.z` STRING"), []any{8, "deep"}), math.NaN()})
	a, bb, s, n, col := fn.Col("a"), fn.Col("b"), fn.Col("s"), fn.Col("n"), fn.Col
	for _, c := range []struct {
		column dataframe.Column
		want   any
		text   string // as it is shown; "" is not checked
	}{
		{a.Eq(7), true, "(a = 7)"}, {a.Ne(7), false, "(a != 7)"}, {a.Lt(bb), false, "(a < b)"}, {a.Le(7), true, "(a <= 7)"}, {a.Gt(2.5), true, "(a > 2.5)"}, {a.Ge(8), false, "(a >= 8)"},
		{n.Eq(nil), nil, ""}, {n.EqNullSafe(nil), true, "(n <=> NULL)"}, {a.EqNullSafe(n), false, ""},
		{a.Plus(bb), int32(9), "(a + b)"}, {a.Minus(int64(1)), int64(6), ""}, {a.Times(bb), int32(14), ""}, {a.Div(bb), 3.5, ""}, {a.Mod(bb), int32(1), ""}, {a.Neg(), int32(-7), ""}, {a.Plus(n), nil, ""},
		{a.Gt(1).And(n.Gt(1)), nil, ""}, {a.Lt(1).And(n.Gt(1)), false, ""}, {a.Gt(1).Or(n.Gt(1)), true, ""}, {a.Gt(1).Not(), false, ""},
		{n.IsNull(), true, ""}, {n.IsNotNull(), false, ""}, {col("f").IsNaN(), true, ""},
		{s.Like("A%ä\\_%"), true, ""}, {s.Like("a%"), false, ""}, {s.ILike("aBC%"), true, ""}, {s.RLike("c.+e%$"), true, ""},
		{s.Contains("bc"), true, ""}, {s.StartsWith("A"), true, ""}, {s.EndsWith("%"), true, ""}, {s.Contains(nil), nil, ""},
		{s.Substr(2, 3), "bcä", ""}, {s.Substr(-3, 2), "_e", ""}, {s.Substr(0, 2), "Ab", ""}, {s.Substr(4, 100), "ä_e%", ""},
		{a.IsIn(), false, ""}, {a.IsIn(1, 7), true, ""}, {a.IsIn(1, nil), nil, ""}, {n.IsIn(1), nil, ""}, {a.Between(7, 9), true, ""}, {a.Between(n, 9), nil, ""},
		{fn.When(a.Lt(0), "neg").When(a.Gt(5), "big").Otherwise("small"), "big", "CASE WHEN (a < 0) THEN neg WHEN (a > 5) THEN big ELSE small END"},
		{fn.When(a.Lt(0), "neg"), nil, ""}, {fn.When(n.Gt(0), 1).Otherwise(2), int32(2), ""},
		{a.Cast("string"), "7", "CAST(a AS STRING)"}, {a.Cast(types.Double), 7.0, ""}, {s.TryCast("int"), nil, "TRY_CAST(s AS INT)"},
		{col("st.x"), int32(8), ""}, {col("st").GetField("x"), int32(8), ""}, {col("st").GetField("y.z"), "deep", ""}, {col("st.`y.z`"), "deep", ""},
		{col("arr").GetItem(0), int32(1), ""}, {col("arr").GetItem(1), nil, ""}, {fn.Get(col("arr"), 9), nil, ""}, {col("m").GetItem("k"), int32(5), ""}, {col("m").GetField("none"), nil, ""},
		{a.Alias("x").As("y"), int32(7), "a AS y"}, {fn.Lit(nil), nil, "NULL"},
		{fn.Lit(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ""}, {fn.Lit(types.Day(3)), types.Day(3), ""}, {fn.Lit([]byte("x")), []byte("x"), ""},
	} {
		row, _, err := d.Select(c.column).First(t.Context())
		if err != nil {
			t.Errorf("%s: %v", c.column, err)
			continue
		}
		if !cmp.Equal(row.At(0), c.want) {
			t.Errorf("%s is %v (%T), want %v", c.column, row.At(0), row.At(0), c.want)
		}
		if c.text != "" && c.column.String() != c.text {
			t.Errorf("shown as %s, want %s", c.column, c.text)
		}
	}
	st := rowsOf(t, d.Select(col("st.*")))
	want(t, "fields of a struct", st, "[[8,deep]]")
}

func TestViews(t *testing.T) {
	b := open(t)
	must(t, b.people().CreateOrReplaceTempView("People"))
	want(t, "in any case", rowsOf(t, b.SQL("SELECT p.name FROM PEOPLE p WHERE p.age = 36 ORDER BY p.name")), "[[null] [ada]]")
	must(t, b.Table("people").Filter("id = 1").CreateOrReplaceTempView("people"))
	want(t, "replaced by itself", rowsOf(t, b.Table("people").Select(fn.Col("people.id"))), "[[1]]")
	if !b.DropTempView("PEOPLE") || b.DropTempView("people") || b.Table("people").Err() == nil {
		t.Error("a dropped view is there")
	}
	in, df := b.stream("s", "id INT")
	must(t, df.CreateOrReplaceTempView("live"))
	q := start(t, b.SQL("SELECT count(*) AS n FROM live").WriteStream().Format("memory").QueryName("n").OutputMode(dataframe.Complete))
	in.Append(record(t, "id INT", []any{1}, []any{2}))
	settle(t, q)
	want(t, "a stream by SQL", rowsOf(t, b.Table("n")), "[[2]]")
}

func TestActions(t *testing.T) {
	b := open(t)
	d := b.people()
	if n, err := d.Count(t.Context()); n != 4 || err != nil {
		t.Errorf("count: %d, %v", n, err)
	}
	if n, err := d.Filter("false").Count(t.Context()); n != 0 || err != nil {
		t.Errorf("count of none: %d, %v", n, err)
	}
	rows, err := d.Take(t.Context(), 2)
	must(t, err)
	want(t, "take", rows, "[[1,ada,36,a@x] [2,Bob,null,null]]")
	if _, ok, err := d.Filter("false").First(t.Context()); ok || err != nil {
		t.Errorf("first of none: %t, %v", ok, err)
	}
	if v, err := rows[0].Get("E.MAIL"); v != "a@x" || err != nil {
		t.Errorf("by name: %v, %v", v, err)
	}
	if _, err := rows[0].Get("nam"); err == nil || !strings.Contains(err.Error(), "did you mean name?") {
		t.Error(err)
	}
	recs, err := d.ToArrow(t.Context())
	must(t, err)
	back := d
	for i, rec := range recs {
		if more := b.FromArrow(rec); i == 0 {
			back = more
		} else {
			back = back.Union(more)
		}
	}
	want(t, "to Arrow and back", rowsOf(t, back), rowsOf(t, d))
	if !back.Schema().Equal(d.Schema()) {
		t.Errorf("%s is not %s", back.Schema(), d.Schema())
	}
}

type person struct {
	ID    int64
	Name  *string
	Age   *int    `riffle:"age"`
	Mail  *string `riffle:"e.mail"`
	Extra string  `riffle:"-"`
}

type hostname string

type nested struct {
	Host  hostname
	Score float32
	Tags  []string
	By    map[string]int
	In    struct{ X *int16 }
	All   []struct{ Y time.Time }
	Any   any
	Raw   []byte
}

func TestTyped(t *testing.T) {
	b := open(t)
	got, err := dataframe.Collect[person](t.Context(), b.people())
	must(t, err)
	ada, age, mail := "ada", 36, "a@x"
	if diff := cmp.Diff(person{ID: 1, Name: &ada, Age: &age, Mail: &mail}, got[0]); diff != "" {
		t.Error(diff)
	}
	if got[1].Age != nil || got[3].Name != nil || *got[3].Mail != "" {
		t.Errorf("nulls: %+v", got)
	}
	when := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	d := b.frame("host STRING, score DOUBLE, tags ARRAY<STRING>, `by` MAP<STRING, INT>, `in` STRUCT<x: SMALLINT>, `all` ARRAY<STRUCT<y: TIMESTAMP>>, `any` DATE, raw BINARY",
		[]any{"h", 0.5, []any{"a", "b"}, map[any]any{"k": 1}, types.NewRow(schemaOf(t, "x SMALLINT"), []any{int16(3)}),
			[]any{types.NewRow(schemaOf(t, "y TIMESTAMP"), []any{when})}, types.Day(1), []byte("r")})
	deep, err := dataframe.Collect[nested](t.Context(), d)
	must(t, err)
	x := int16(3)
	expected := nested{Host: "h", Score: 0.5, Tags: []string{"a", "b"}, By: map[string]int{"k": 1}, Any: types.Day(1), Raw: []byte("r")}
	expected.In.X = &x
	expected.All = []struct{ Y time.Time }{{when}}
	if diff := cmp.Diff([]nested{expected}, deep); diff != "" {
		t.Error(diff)
	}
	s, err := dataframe.SchemaOf[nested]()
	if err == nil {
		t.Errorf("any has no type, but %s", s)
	}
	s, err = dataframe.SchemaOf[person]()
	must(t, err)
	want(t, "schema of a struct", s.DDL(), "ID BIGINT NOT NULL, Name STRING, age BIGINT, `e.mail` STRING")
}

func TestConf(t *testing.T) {
	b := open(t)
	zone := func() string {
		v, err := b.Conf().Get("RIFFLE.TIMEZONE")
		must(t, err)
		return v
	}
	want(t, "default", zone(), "UTC")
	must(t, b.Conf().Set("spark.sql.session.timeZone", " +02:00 "))
	want(t, "by Spark's name", zone(), "+02:00")
	d := b.frame("s STRING", []any{"1970-01-01 02:00:00"})
	want(t, "in a cast", rowsOf(t, d.Select(fn.Col("s").Cast("timestamp").Cast("bigint"))), "[[0]]")
	overflow := b.frame("n BIGINT", []any{math.MaxInt64}).Select(fn.Col("n").Plus(1), fn.Lit("x").Cast("int"))
	if err := collected(overflow); err == nil {
		t.Error("no overflow")
	}
	must(t, b.Conf().Set("spark.sql.ansi.enabled", "FALSE"))
	want(t, "without ANSI", rowsOf(t, overflow), "[[-9223372036854775808,null]]")
	for key, value := range map[string]string{"riffle.ansi": "maybe", "riffle.shuffle.partitions": "-1", "riffle.memory.table.bytes": "0", "riffle.badRecords.maxRate": "2"} {
		if err := b.Conf().Set(key, value); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s=%s: %v", key, value, err)
		}
	}
	must(t, b.Conf().Set("spark.sql.shuffle.partitions", "3"))
	want(t, "with three tasks", len(rowsOf(t, b.people().GroupBy(fn.Col("id")).Count())), 4)
}

// Views belong to one session.
func TestTwoSessions(t *testing.T) {
	one, other := open(t), open(t, exec.Cores(1))
	must(t, one.people().CreateOrReplaceTempView("v"))
	if other.Table("v").Err() == nil {
		t.Error("a view of another session is known")
	}
}
