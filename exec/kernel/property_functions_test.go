package kernel

import (
	"math/rand"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// functionExprs use every function of text, numbers, dates, JSON and hashes in
// some form.
var functionExprs = []string{
	"upper(s)", "lower(t)", "initcap(s)", "trim(s)", "trim('a', s)", "ltrim(s)", "rtrim(t, s)", "btrim(s, 'ab')", "btrim(bin)", "substring(s, a)", "substring(s, a, b)", "substring(bin, a, 2)",
	"substring_index(s, 'a', a)", "left(s, a)", "left(bin, 1)", "right(s, a)", "concat(s, t)", "concat(s, a, t)", "concat(bin, bin)", "concat_ws('-', s, NULL, t)", "concat_ws(t, s, array(s, t))",
	"repeat(s, a)", "space(a)", "reverse(s)", "replace(s, 'a', t)", "replace(s, t)", "translate(s, 'ab', t)", "lpad(s, a, t)", "rpad(s, 5)", "lpad(bin, 3)", "split_part(s, 'a', a)",
	"chr(l)", "chr(a)", "format_number(d, 2)", "format_number(x, a)", "format_number(l, '#,##0.0')", "format_string('%s|%5d|%.2f', s, a, d)", "format_string(concat(s), a)",
	"length(s)", "length(bin)", "octet_length(s)", "bit_length(bin)", "instr(s, 'b')", "locate('b', s)", "locate(t, s, a)", "ascii(s)", "levenshtein(s, t)", "levenshtein(s, t, a)",
	"split(s, 'a')", "split(s, t, a)", "split(s, '')", "regexp_extract(s, '(a)(b)?', 2)", "regexp_extract_all(s, '[ab]', 0)", "regexp_replace(s, 'a', '<$0>')", "regexp_replace(s, '[ab]', t, 2)", "regexp_count(s, 'a')",
	"hex(s)", "hex(l)", "hex(bin)", "unhex(s)", "base64(s)", "unbase64(base64(bin))", "encode(s, 'utf-8')", "decode(encode(s, 'utf-8'), 'utf-8')", "decode(bin, 'utf-8')",
	"parse_url(concat('http://', s, '.com/', t), 'HOST')", "try_parse_url(s, 'PATH')", "parse_url(concat('http://h/p?a=', a), 'QUERY', 'a')",
	"abs(a)", "abs(l)", "abs(y)", "abs(x)", "abs(d)", "sign(d)", "ceil(d)", "ceil(x)", "ceil(a)", "floor(f)", "floor(x, 1)", "round(d, 1)", "round(d)", "round(x, 1)", "round(x, -1)", "round(y, -1)", "round(l, -3)", "round(f, 2)", "bround(d, 1)", "bround(x)",
	"sqrt(d)", "cbrt(d)", "exp(a)", "ln(d)", "log(d)", "log(a, d)", "log10(a)", "log2(l)", "log1p(d)", "expm1(f)", "pow(d, a)", "sin(d)", "cos(d)", "tan(d)", "asin(d)", "acos(d)", "atan(d)", "atan2(d, f)", "degrees(d)", "radians(d)",
	"greatest(a, b, 2)", "greatest(s, t)", "least(d, f)", "least(x, a)", "greatest(day, ts)", "greatest(p, q)", "pmod(a, b)", "pmod(d, f)", "pmod(x, x)", "pmod(y, 3Y)", "bin(l)", "conv(s, 16, 10)", "conv(s, 36, -2)",
	"shiftleft(a, b)", "shiftright(l, a)", "shiftrightunsigned(a, 1)", "nanvl(d, f)", "nanvl(f, 1)", "pi()", "e()",
	"current_date()", "current_timestamp()", "to_date(s)", "to_date(s, 'yyyy-MM-dd')", "to_date(ts)", "try_to_date(s, 'dd.MM.yy')", "to_timestamp(s)", "to_timestamp(s, concat(t))", "try_to_timestamp(s)", "try_to_timestamp(s, 'HH')",
	"date_add(day, a)", "date_sub(day, b)", "datediff(day, ts)", "add_months(day, a)", "last_day(day)", "next_day(day, 'mon')", "next_day(day, s)", "trunc(day, 'month')", "trunc(day, s)", "make_date(a, b, 3)",
	"year(day)", "quarter(day)", "month(ts)", "day(day)", "dayofweek(day)", "weekday(day)", "dayofyear(day)", "weekofyear(day)", "hour(ts)", "minute(ts)", "second(ts)", "date_part('second', ts)", "date_part('week', day)",
	"date_format(ts, 'yyyy-MM-dd HH:mm:ss.SSS E a Q D XXX')", "date_format(ts, concat(s))", "unix_timestamp(ts)", "unix_timestamp(s, 'yyyy')", "from_unixtime(l)", "from_unixtime(a, 'HH')", "timestamp_seconds(a)", "timestamp_seconds(d)", "timestamp_seconds(x)", "timestamp_millis(l)", "timestamp_micros(l)",
	"unix_seconds(ts)", "unix_millis(ts)", "unix_micros(ts)", "date_trunc('month', ts)", "date_trunc(s, ts)", "months_between(ts, day)", "months_between(ts, day, p)", "make_timestamp(2020, a, b, 3, 4, x)", "from_utc_timestamp(ts, 'Asia/Seoul')", "to_utc_timestamp(ts, s)",
	"from_json(s, 'a INT')", "from_json(concat('{\"a\":', a, ',\"b\":\"', t, '\"}'), 'a TINYINT, b STRING')", "from_json(concat('[', a, ']'), 'ARRAY<INT>', map('mode', 'FAILFAST'))", "to_json(st)", "to_json(m)", "get_json_object(to_json(struct(a, ar)), '$.ar[0]')", "get_json_object(concat('[', a, ',', s, ']'), '$[*]')",
	"md5(s)", "sha1(bin)", "sha2(s, a)", "crc32(s)", "hash(a, s, d, x, day, ts, p, st, ar)", "xxhash64(y, l, f, bin, i)", "xxhash64(s)", "typeof(a)",
	"registered_domain(concat(s, '.Example.co.uk'))", "registered_domain(s, 'icann')",
}

// TestFunctionRowsAreIndependent is TestRowsAreIndependent for functions. It
// also checks that no text that is not UTF-8 is made.
func TestFunctionRowsAreIndependent(t *testing.T) {
	for _, text := range functionExprs {
		t.Run(text, func(t *testing.T) {
			e := bindText(t, text)
			for seed := range int64(4) {
				rnd := rand.New(rand.NewSource(seed))
				rows := randomRows(rnd, 1+rnd.Intn(25))
				env := testEnv()
				env.ANSI = seed%2 == 0
				checkRows(t, env, e, rows, rnd)
				env.ANSI = false
				if v, err := compiled(t, e).Eval(env, record(t, rows), Rows{N: len(rows)}); err == nil {
					checkUTF8(t, v.Array)
				}
			}
		})
	}
}

func checkUTF8(t *testing.T, a arrow.Array) {
	t.Helper()
	switch a := a.(type) {
	case *array.String:
		for i := range a.Len() {
			if !utf8.ValidString(a.Value(i)) {
				t.Errorf("row %d is not UTF-8: %q", i, a.Value(i))
			}
		}
	case *array.List:
		checkUTF8(t, a.ListValues())
	case *array.Struct:
		for i := range a.NumField() {
			checkUTF8(t, a.Field(i))
		}
	}
}
