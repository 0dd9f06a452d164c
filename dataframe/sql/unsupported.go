package sql

// refusal is something that Spark SQL has and this SQL has not: what it is, and
// what to do instead.
type refusal struct{ what, fix string }

const crossJoin = "write CROSS JOIN, or JOIN ... ON"

// refusals are the keywords that begin something not supported, where they
// stand behind a whole expression, table or clause.
var refusals = map[string]refusal{
	"NATURAL":     {"NATURAL joins are", "name the columns: JOIN ... USING (a, b)"},
	"LATERAL":     {"LATERAL is", "take elements by number: tags[0]"},
	"OVER":        {"window functions (OVER) are", "group by the columns of the window instead"},
	"WINDOW":      {"window functions (WINDOW) are", "group by the columns of the window instead"},
	"QUALIFY":     {"QUALIFY is", "filter in an outer query"},
	"FILTER":      {"FILTER of an aggregate is", "aggregate over CASE WHEN condition THEN value END"},
	"WITHIN":      {"WITHIN is", "bound the times in the condition: ON l.id = r.id AND r.ts BETWEEN l.ts AND l.ts + INTERVAL 1 HOUR"},
	"EXCEPT":      {"EXCEPT is", "filter with NOT IN (list) instead"},
	"MINUS":       {"MINUS is", "filter with NOT IN (list) instead"},
	"INTERSECT":   {"INTERSECT is", "filter with IN (list) instead"},
	"SORT":        {"SORT BY is", "write ORDER BY"},
	"CLUSTER":     {"CLUSTER BY is", "write ORDER BY"},
	"DISTRIBUTE":  {"DISTRIBUTE BY is", "leave it out: rows are distributed as the query needs"},
	"PIVOT":       {"PIVOT is", "aggregate over CASE WHEN condition THEN value END"},
	"UNPIVOT":     {"UNPIVOT is", "use UNION ALL of one query for each column"},
	"TABLESAMPLE": {"TABLESAMPLE is", "filter with rand() < fraction"},
	"IGNORE":      {"IGNORE NULLS is", "filter the nulls out first"},
	"RESPECT":     {"RESPECT NULLS is", "leave it out: it is the default"},
	"EMIT":        {"EMIT is", "start a streaming query with WriteStream"},
	"|>":          {"the pipe |> is", "write a subquery"},
	"->":          {"-> (a lambda, or a field in other dialects) is", "take a field with a dot"},
	"=>":          {"named arguments are", "give the arguments in order"},
	"?":           {"parameters are", "write the value"},
	":":           {"the colon is", "take a field with a dot, and write the values of parameters"},
}

// statements are the first words of what is no query.
var statements = map[string]refusal{
	"INSERT": {"INSERT is", "write a dataframe with Write or WriteStream"}, "CREATE": {"CREATE is", "use CreateOrReplaceTempView or WriteStream"},
	"DROP": {"DROP is", "use the session's catalogue"}, "ALTER": {"ALTER is", "make the view anew"}, "DELETE": {"DELETE is", "filter instead"},
	"UPDATE": {"UPDATE is", "select the new values instead"}, "MERGE": {"MERGE is", "use WriteStream in update mode"},
	"TRUNCATE": {"TRUNCATE is", "start the query anew"}, "SHOW": {"SHOW is", "use the session's catalogue"},
	"DESCRIBE": {"DESCRIBE is", "use PrintSchema"}, "DESC": {"DESC is", "use PrintSchema"}, "EXPLAIN": {"EXPLAIN is", "use Explain of the dataframe"},
	"SET": {"SET is", "set the session's configuration in the program"}, "USE": {"USE is", "there is one catalogue"},
	"CACHE": {"CACHE is", "leave it out"}, "UNCACHE": {"UNCACHE is", "leave it out"}, "REFRESH": {"REFRESH is", "leave it out: a read sees what is there"},
	"ANALYZE": {"ANALYZE is", "leave it out"},
	"FROM":    {"a query that begins with FROM is", "write SELECT first"}, "TABLE": {"TABLE as a query is", "write SELECT * FROM the table"},
}

// refused returns the error for what stands here if it is known and not supported.
func (p *parser) refused() error {
	t := *p.peek()
	if r, ok := refusals[t.key]; ok {
		return p.unsupported(t, r.what, r.fix)
	}
	if (t.key == "<" || t.key == ">") && p.next > 0 {
		if before := p.toks[p.next-1]; before.key == t.key && before.end() == t.pos {
			return p.unsupported(before, "shifting by "+t.key+t.key+" is", "write shiftleft(a, n) or shiftright(a, n)")
		}
	}
	return nil
}
