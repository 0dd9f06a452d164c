// Package option holds the options that users give to sources, sinks and
// formats: a list of the known ones with defaults and documentation, and a set
// of values that was checked against it. Keys are found in any case.
package option
