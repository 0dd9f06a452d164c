// Package csv encodes rows as lines of separated values, in Spark's dialect:
// a field that needs it stands in quotes, a quote in it behind a backslash, null
// is nothing at all and the empty text is two quotes.
//
// Differences from Spark, each on purpose: white space around a text is kept,
// which Spark's writer cuts off; binary is base64, as in JSON.
package csv
