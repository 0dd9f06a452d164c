package fn

// Length is the number of characters of a text, of bytes of a binary.
func Length(s Column) Column { return call("length", s) }

// OctetLength is the number of bytes.
func OctetLength(s Column) Column { return call("octet_length", s) }

// BitLength is the number of bits: eight times that of bytes.
func BitLength(s Column) Column { return call("bit_length", s) }

// Instr is the position of the first sub in the text, counted from 1; 0 where
// there is none.
func Instr(s Column, sub any) Column { return call("instr", s, sub) }

// Locate is the position of the first sub in the text, counted from 1; 0 where
// there is none.
func Locate(sub any, s Column) Column { return call("locate", sub, s) }

// ASCII is the code of the first character; 0 where the text is empty.
func ASCII(s Column) Column { return call("ascii", s) }

// Levenshtein is the number of characters to put in, take out or exchange to
// make one text of the other.
func Levenshtein(a Column, b any) Column { return call("levenshtein", a, b) }

// Split is the parts of the text between the matches of the regular expression.
func Split(s Column, regex any) Column { return call("split", s, regex) }

// SplitN is Split into at most limit parts; any number where limit is not
// positive.
func SplitN(s Column, regex, limit any) Column { return call("split", s, regex, limit) }

// RegexpExtract is what a group of the regular expression's first match holds;
// the whole match for 0. Empty where nothing matches.
func RegexpExtract(s Column, regex, group any) Column { return call("regexp_extract", s, regex, group) }

// RegexpExtractAll is what a group holds in all matches of the regular
// expression.
func RegexpExtractAll(s Column, regex, group any) Column {
	return call("regexp_extract_all", s, regex, group)
}

// RegexpReplace is the text with all matches of the regular expression
// replaced; $1 in by stands for the first group.
func RegexpReplace(s Column, regex, by any) Column { return call("regexp_replace", s, regex, by) }

// RegexpCount is the number of matches of the regular expression.
func RegexpCount(s Column, regex any) Column { return call("regexp_count", s, regex) }

// Hex is a number, or the bytes of a text or binary, in hexadecimal digits.
func Hex(x Column) Column { return call("hex", x) }

// Unhex is the bytes that hexadecimal digits stand for; null where the text
// holds anything else.
func Unhex(s Column) Column { return call("unhex", s) }

// Base64 is the bytes in base64.
func Base64(bin Column) Column { return call("base64", bin) }

// Unbase64 is the bytes that base64 text stands for; other text is an error.
func Unbase64(s Column) Column { return call("unbase64", s) }

// Encode is the bytes of the text. UTF-8 is the only character set.
func Encode(s Column, charset any) Column { return call("encode", s, charset) }

// Decode is the text of the bytes; bytes that are no UTF-8 are an error. UTF-8
// is the only character set.
func Decode(bin Column, charset any) Column { return call("decode", bin, charset) }

// ParseURL is a part of a URL: HOST, PATH, QUERY, REF, PROTOCOL, FILE,
// AUTHORITY or USERINFO. Null where there is none; an error where the text is
// no URL.
func ParseURL(url Column, part any) Column { return call("parse_url", url, part) }

// TryParseURL is as parse_url, but null where the text is no URL.
func TryParseURL(url Column, part any) Column { return call("try_parse_url", url, part) }

// URLParameter is a parameter of the query of a URL. Null where there is none,
// and where the text is no URL.
func URLParameter(url Column, key string) Column { return call("try_parse_url", url, "QUERY", key) }
