package json

import "github.com/riffledata/riffle/exec/option"

// ValueOptions checks the options that a call of from_json was given, by key.
// An unknown one is an error.
func ValueOptions(given map[string]string) (Options, error) {
	set, err := option.Check("from_json", given, OptionSpecs())
	if err != nil {
		return Options{}, err
	}
	return ParseValueOptions(set)
}

// TextOptions checks the options that a call of to_json was given, by key. An
// unknown one is an error.
func TextOptions(given map[string]string) (WriteOptions, error) {
	set, err := option.Check("to_json", given, WriteOptionSpecs())
	if err != nil {
		return WriteOptions{}, err
	}
	return ParseWriteOptions(set)
}
