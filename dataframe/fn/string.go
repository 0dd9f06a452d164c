package fn

// Upper is the text in capital letters.
func Upper(s Column) Column { return call("upper", s) }

// Lower is the text in small letters.
func Lower(s Column) Column { return call("lower", s) }

// Initcap is the text with the first letter of each word in capitals and all
// others in small letters; words are divided by blanks.
func Initcap(s Column) Column { return call("initcap", s) }

// Trim is the text without the blanks at both its ends.
func Trim(s Column) Column { return call("trim", s) }

// Ltrim is the text without the blanks at its start.
func Ltrim(s Column) Column { return call("ltrim", s) }

// Rtrim is the text without the blanks at its end.
func Rtrim(s Column) Column { return call("rtrim", s) }

// Btrim is the text without the blanks, or any of the characters given second,
// at both its ends.
func Btrim(s Column, chars any) Column { return call("btrim", s, chars) }

// Substring is the characters from position pos on, length of them at most.
// Positions count from 1, negative ones from the end.
func Substring(s Column, pos, length any) Column { return call("substring", s, pos, length) }

// SubstringIndex is what stands before the count-th delim; with a negative
// count what stands after the count-th from the end. The whole text where there
// are fewer.
func SubstringIndex(s Column, delim, count any) Column {
	return call("substring_index", s, delim, count)
}

// Left is the first n characters.
func Left(s Column, n any) Column { return call("left", s, n) }

// Right is the last n characters.
func Right(s Column, n any) Column { return call("right", s, n) }

// Concat is the arguments one after the other.
func Concat(values ...any) Column { return call("concat", values...) }

// ConcatWS is the arguments, texts or arrays of texts, with sep between them;
// nulls are left out. Null only where sep is.
func ConcatWS(sep any, values ...any) Column {
	return call("concat_ws", append([]any{sep}, values...)...)
}

// Repeat is the text n times.
func Repeat(s Column, n any) Column { return call("repeat", s, n) }

// Space is n blanks.
func Space(n any) Column { return call("space", n) }

// Reverse is the characters in the opposite order.
func Reverse(s Column) Column { return call("reverse", s) }

// Replace is the text with every search replaced.
func Replace(s Column, search, by any) Column { return call("replace", s, search, by) }

// Translate is the text with each character of from replaced by the one at the
// same place in to; those beyond its end are taken out.
func Translate(s Column, from, to any) Column { return call("translate", s, from, to) }

// Lpad is the text brought to so many characters: filled up on the left with
// pad, or cut off on the right.
func Lpad(s Column, length, pad any) Column { return call("lpad", s, length, pad) }

// Rpad is the text brought to so many characters: filled up on the right with
// pad, or cut off.
func Rpad(s Column, length, pad any) Column { return call("rpad", s, length, pad) }

// SplitPart is the n-th part of the text cut at each delim, counted from 1, or
// from the end where negative; empty beyond the ends. n = 0 is an error.
func SplitPart(s Column, delim, n any) Column { return call("split_part", s, delim, n) }

// Chr is the character of code n modulo 256; empty for a negative one.
func Chr(n Column) Column { return call("chr", n) }

// FormatNumber is the number rounded to so many places, with commas between
// thousands. Null where places is negative.
func FormatNumber(x Column, places any) Column { return call("format_number", x, places) }

// FormatString is the arguments as Java's format text says: %s, %d, %5.2f, %x,
// %% and so on. A null argument shows as null; null only where the format is.
func FormatString(format any, values ...any) Column {
	return call("format_string", append([]any{format}, values...)...)
}
