// Package csv reads and writes rows as lines of separated values, in Spark's
// dialect: a field that needs it stands in quotes, a quote in it behind a
// backslash, null is nothing at all and the empty text is two quotes.
//
// A record is malformed where a quote is not closed, or something follows a closing
// one: it is left out, counted and for the quarantine, unless there is a column for
// the text of bad records. Fields that are missing are null, those that are too many
// are left out, and both count as flaws, as does a value that its column cannot
// hold, which is null. Dates, times, decimals and floats have the forms of package
// json; a number may have a plus sign; true and false may be in any case; binary is
// base64. Columns go by their order in the declared schema.
//
// Differences from Spark, each on purpose: white space around a text is kept,
// which Spark's writer cuts off; Spark guesses what a record with unbalanced quotes
// means; a quote that is doubled in quotes counts as one, whatever the escape; the
// text of nullValue in quotes is that text; an empty line is null where there is one
// column, and is no record else.
package csv
