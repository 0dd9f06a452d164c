package expr

import "github.com/riffledata/riffle/dataframe/types"

// textFunctions measure text, search it, and take it apart.
func textFunctions() []*Function {
	s, i, b := types.String, types.Int, types.Binary
	return inFamily("string", []*Function{
		{Name: "length", Aliases: []string{"char_length", "character_length", "len"}, Bind: textOrBinary(0, i), Usage: "length(str)",
			Doc: "The number of characters of a text, of bytes of a binary.", Example: "length('Spark SQL ') = 10"},
		{Name: "octet_length", Bind: textOrBinary(0, i), Usage: "octet_length(str)",
			Doc: "The number of bytes.", Example: "octet_length('Spark SQL') = 9"},
		{Name: "bit_length", Bind: textOrBinary(0, i), Usage: "bit_length(str)",
			Doc: "The number of bits: eight times that of bytes.", Example: "bit_length('Spark SQL') = 72"},
		{Name: "instr", Bind: fixed(i, s, s), Usage: "instr(str, sub)",
			Doc: "The position of the first sub in the text, counted from 1; 0 where there is none.", Example: "instr('SparkSQL', 'SQL') = 6"},
		{Name: "locate", Aliases: []string{"position"}, Nulls: NullMaybe, Bind: optional(1, i, s, s, i), Usage: "locate(sub, str[, pos])",
			Doc: "The position of the first sub in the text at or after pos, counted from 1; 0 where there is none, and where pos is null or less than 1.", Example: "locate('bar', 'foobarbar', 5) = 7"},
		{Name: "ascii", Bind: fixed(i, s), Usage: "ascii(str)",
			Doc: "The code of the first character; 0 where the text is empty.", Example: "ascii('222') = 50"},
		{Name: "levenshtein", Bind: optional(1, i, s, s, i), Usage: "levenshtein(a, b[, threshold])",
			Doc: "The number of characters to put in, take out or exchange to make one text of the other; -1 where it is above the threshold.", Example: "levenshtein('kitten', 'sitting') = 3"},
		{Name: "split", Bind: optional(1, textArray, s, s, i), Usage: "split(str, regex[, limit])",
			Doc: "The parts of the text between the matches of the regular expression, at most limit of them where limit is positive.", Example: "split('oneAtwoBthreeC', '[ABC]', 2) = array('one', 'twoBthreeC')"},
		{Name: "regexp_extract", Bind: optional(1, s, s, s, i), Usage: "regexp_extract(str, regex[, group])",
			Doc: "What a group of the regular expression's first match holds; the first group where none is named, the whole match for 0. Empty where nothing matches.", Example: "regexp_extract('100-200', '([0-9]+)-([0-9]+)', 1) = '100'"},
		{Name: "regexp_extract_all", Bind: optional(1, textArray, s, s, i), Usage: "regexp_extract_all(str, regex[, group])",
			Doc: "What a group holds in all matches of the regular expression.", Example: "regexp_extract_all('100-200, 300-400', '([0-9]+)-([0-9]+)', 1) = array('100', '300')"},
		{Name: "regexp_replace", Bind: optional(1, s, s, s, s, i), Usage: "regexp_replace(str, regex, by[, pos])",
			Doc: "The text with all matches of the regular expression, from position pos on, replaced; $1 in by stands for the first group.", Example: "regexp_replace('100-200', '([0-9]+)', 'num') = 'num-num'"},
		{Name: "regexp_count", Bind: fixed(i, s, s), Usage: "regexp_count(str, regex)",
			Doc: "The number of matches of the regular expression.", Example: "regexp_count('banana', 'an') = 2"},
		{Name: "hex", Bind: hexArgs, Usage: "hex(x)",
			Doc: "A number, or the bytes of a text or binary, in hexadecimal digits.", Example: "hex('Spark SQL') = '537061726B2053514C'"},
		{Name: "unhex", Nulls: NullMaybe, Bind: fixed(b, s), Usage: "unhex(str)",
			Doc: "The bytes that hexadecimal digits stand for; null where the text holds anything else.", Example: "decode(unhex('537061726B2053514C'), 'UTF-8') = 'Spark SQL'"},
		{Name: "base64", Bind: fixed(s, b), Usage: "base64(bin)",
			Doc: "The bytes in base64.", Example: "base64('Spark SQL') = 'U3BhcmsgU1FM'"},
		{Name: "unbase64", Bind: fixed(b, s), Usage: "unbase64(str)",
			Doc: "The bytes that base64 text stands for; other text is an error.", Example: "decode(unbase64('U3BhcmsgU1FM'), 'UTF-8') = 'Spark SQL'"},
		{Name: "encode", Bind: fixed(b, s, s), Usage: "encode(str, 'UTF-8')",
			Doc: "The bytes of the text. UTF-8 is the only character set.", Example: "hex(encode('abc', 'utf-8')) = '616263'"},
		{Name: "decode", Bind: fixed(s, b, s), Usage: "decode(bin, 'UTF-8')",
			Doc: "The text of the bytes; bytes that are no UTF-8 are an error. UTF-8 is the only character set.", Example: "decode(encode('abc', 'utf-8'), 'utf-8') = 'abc'"},
		{Name: "parse_url", Nulls: NullMaybe, Bind: optional(1, s, s, s, s), Usage: "parse_url(url, part[, key])",
			Doc: "A part of a URL: HOST, PATH, QUERY, REF, PROTOCOL, FILE, AUTHORITY or USERINFO; with a key that parameter of the QUERY. Null where there is none; an error where the text is no URL.", Example: "parse_url('http://spark.apache.org/path?query=1', 'HOST') = 'spark.apache.org'"},
		{Name: "try_parse_url", Nulls: NullMaybe, Bind: optional(1, s, s, s, s), Usage: "try_parse_url(url, part[, key])",
			Doc: "As parse_url, but null where the text is no URL.", Example: "try_parse_url('http://[', 'HOST') = NULL"},
	})
}

// hexArgs are a whole number, binary, or text.
func hexArgs(args []Expr) ([]types.Type, types.Type, error) {
	if len(args) == 1 && IsNumeric(args[0].Type()) {
		return []types.Type{types.Long}, types.String, nil
	}
	return textOrBinary(0, types.String)(args)
}
