package expr

import "github.com/riffledata/riffle/dataframe/types"

// textArray is what functions that cut text apart return.
var textArray = types.Array{Elem: types.String}

// stringFunctions make text of text.
func stringFunctions() []*Function {
	s, i := types.String, types.Int
	return inFamily("string", []*Function{
		{Name: "upper", Aliases: []string{"ucase"}, Bind: fixed(s, s), Usage: "upper(str)",
			Doc: "The text in capital letters.", Example: "upper('ab') = 'AB'"},
		{Name: "lower", Aliases: []string{"lcase"}, Bind: fixed(s, s), Usage: "lower(str)",
			Doc: "The text in small letters.", Example: "lower('SparkSql') = 'sparksql'"},
		{Name: "initcap", Bind: fixed(s, s), Usage: "initcap(str)",
			Doc: "The text with the first letter of each word in capitals and all others in small letters; words are divided by blanks.", Example: "initcap('sPark sql') = 'Spark Sql'"},
		{Name: "trim", Bind: fixedReversible(s), Usage: "trim([chars, ]str)",
			Doc: "The text without the blanks, or any of the characters given first, at both its ends.", Example: "trim('  a b ') = 'a b'"},
		{Name: "ltrim", Bind: fixedReversible(s), Usage: "ltrim([chars, ]str)",
			Doc: "The text without the blanks, or any of the characters given first, at its start.", Example: "ltrim('ab', 'abac') = 'c'"},
		{Name: "rtrim", Bind: fixedReversible(s), Usage: "rtrim([chars, ]str)",
			Doc: "The text without the blanks, or any of the characters given first, at its end.", Example: "rtrim('  a ') = '  a'"},
		{Name: "btrim", Bind: textOrSameBinary(1), Usage: "btrim(str[, chars])",
			Doc: "The text without the blanks, or any of the characters given second, at both its ends.", Example: "btrim('SSparkSQLS', 'SL') = 'parkSQ'"},
		{Name: "substring", Aliases: []string{"substr"}, Bind: textOrBinary(1, nil, i, i), Usage: "substring(str, pos[, len])",
			Doc: "The characters from position pos on, len of them at most. Positions count from 1, negative ones from the end.", Example: "substring('Spark SQL', 5, 1) = 'k'"},
		{Name: "substring_index", Bind: fixed(s, s, s, i), Usage: "substring_index(str, delim, count)",
			Doc: "What stands before the count-th delim; with a negative count what stands after the count-th from the end. The whole text where there are fewer.", Example: "substring_index('www.apache.org', '.', 2) = 'www.apache'"},
		{Name: "left", Bind: textOrBinary(0, nil, i), Usage: "left(str, len)",
			Doc: "The first len characters.", Example: "left('Spark SQL', 3) = 'Spa'"},
		{Name: "right", Bind: fixed(s, s, i), Usage: "right(str, len)",
			Doc: "The last len characters.", Example: "right('Spark SQL', 3) = 'SQL'"},
		{Name: "concat", Bind: allText(0, -1), Usage: "concat(a, b, ...)",
			Doc: "The arguments one after the other.", Example: "concat('a', 'b', 1) = 'ab1'"},
		{Name: "concat_ws", Nulls: NullFirst, Bind: concatWsArgs, Usage: "concat_ws(sep, a, b, ...)",
			Doc: "The arguments, texts or arrays of texts, with sep between them; nulls are left out. Null only where sep is.", Example: "concat_ws('-', 'a', NULL, 'b') = 'a-b'"},
		{Name: "repeat", Bind: fixed(s, s, i), Usage: "repeat(str, n)",
			Doc: "The text n times.", Example: "repeat('123', 2) = '123123'"},
		{Name: "space", Bind: fixed(s, i), Usage: "space(n)",
			Doc: "n blanks.", Example: "space(2) = '  '"},
		{Name: "reverse", Bind: fixed(s, s), Usage: "reverse(str)",
			Doc: "The characters in the opposite order.", Example: "reverse('abc') = 'cba'"},
		{Name: "replace", Bind: optional(1, s, s, s, s), Usage: "replace(str, search[, by])",
			Doc: "The text with every search replaced; without by they are taken out.", Example: "replace('ABCabc', 'abc', 'DEF') = 'ABCDEF'"},
		{Name: "translate", Bind: fixed(s, s, s, s), Usage: "translate(str, from, to)",
			Doc: "The text with each character of from replaced by the one at the same place in to; those beyond its end are taken out.", Example: "translate('AaBbCc', 'abc', '123') = 'A1B2C3'"},
		{Name: "lpad", Bind: padArgs, Usage: "lpad(str, len[, pad])",
			Doc: "The text brought to len characters: filled up on the left with pad (a blank; zero bytes for binary), or cut off on the right.", Example: "lpad('hi', 5, '??') = '???hi'"},
		{Name: "rpad", Bind: padArgs, Usage: "rpad(str, len[, pad])",
			Doc: "The text brought to len characters: filled up on the right with pad (a blank; zero bytes for binary), or cut off.", Example: "rpad('hi', 5, '??') = 'hi???'"},
		{Name: "split_part", Bind: fixed(s, s, s, i), Usage: "split_part(str, delim, n)",
			Doc: "The n-th part of the text cut at each delim, counted from 1, or from the end where negative; empty beyond the ends. n = 0 is an error.", Example: "split_part('11.12.13', '.', 3) = '13'"},
		{Name: "chr", Aliases: []string{"char"}, Bind: fixed(s, types.Long), Usage: "chr(n)",
			Doc: "The character of code n modulo 256; empty for a negative one.", Example: "chr(65) = 'A'"},
		{Name: "format_number", Nulls: NullMaybe, Bind: formatNumberArgs, Usage: "format_number(x, d)",
			Doc: "The number rounded to d places, with commas between thousands; or as a pattern like '#,###.##' says. Null where d is negative.", Example: "format_number(12332.123456, 4) = '12,332.1235'"},
		{Name: "format_string", Aliases: []string{"printf"}, Nulls: NullMaybe, Bind: formatStringArgs, Usage: "format_string(format, a, b, ...)",
			Doc: "The arguments as Java's format text says: %s, %d, %5.2f, %x, %% and so on. A null argument shows as null; null only where the format is.", Example: "format_string('Hello %s %d', 'World', 100) = 'Hello World 100'"},
	})
}

// fixedReversible takes text, and before it perhaps the characters to trim.
func fixedReversible(t types.Type) binder {
	return byCount(1, fixed(t, t), fixed(t, t, t))
}

// textOrSameBinary takes one or two values, both binary or both text.
func textOrSameBinary(n int) binder { return allText(2-n, 2) }

// padArgs are those of lpad: the pad is of the type of the first.
func padArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 2, 3); err != nil {
		return nil, nil, err
	}
	var t types.Type = types.String
	if args[0].Type() == types.Binary && (len(args) == 2 || args[2].Type() == types.Binary) {
		t = types.Binary
	}
	want := []types.Type{t, types.Int, t}[:len(args)]
	return want, t, accepts(args, want)
}

// concatWsArgs are a separator and then texts and arrays of text.
func concatWsArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, -1); err != nil {
		return nil, nil, err
	}
	want := make([]types.Type, len(args))
	for i, a := range args {
		want[i] = types.String
		if arr, ok := a.Type().(types.Array); ok && i > 0 && (isBasic(arr.Elem) || isDecimal(arr.Elem)) {
			want[i] = types.Array{Elem: types.String, ContainsNull: arr.ContainsNull}
			continue
		}
		if err := accepts([]Expr{a}, want[i:i+1]); err != nil {
			return nil, nil, err
		}
	}
	return want, types.String, nil
}

// formatNumberArgs are a number, and a number of places or a pattern.
func formatNumberArgs(args []Expr) ([]types.Type, types.Type, error) {
	second := func(t types.Type) binder {
		return numeric(0, func(x types.Type, _ []Expr) (types.Type, types.Type, error) { return x, types.String, nil }, t)
	}
	if len(args) == 2 && args[1].Type() == types.String {
		return second(types.String)(args)
	}
	return second(types.Int)(args)
}

// formatStringArgs are a format and values of any simple type.
func formatStringArgs(args []Expr) ([]types.Type, types.Type, error) {
	if err := arity(args, 1, -1); err != nil {
		return nil, nil, err
	}
	want := typesOf(args)
	want[0] = types.String
	for i, a := range args[1:] {
		switch t := a.Type(); {
		case !isBasic(t) && !isDecimal(t):
			return nil, nil, mismatch("%s is %s, which no format shows", a, article(t.Name()))
		case t == types.Void || isTime(t) || t == types.Interval:
			want[i+1] = types.String
		}
	}
	return want, types.String, accepts(args[:1], want[:1])
}
