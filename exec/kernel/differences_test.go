package kernel_test

import "strings"

// knownDifferences are cases whose answer is another here, each with its reason.
var knownDifferences = func() map[string]string {
	out := map[string]string{}
	for reason, ids := range map[string]string{
		"there is one type of span, that of the calendar: it has no fields to take, is no number, and prints its parts": `
			fn/datetime/2ed005c025 fn/datetime/6f68babf40 fn/datetime/f7c63d8d74 fn/datetime/7e0639cda4 fn/datetime/d273d3fc01
			fn/datetime/a2ba6c5d13 fn/datetime/9bf18a9b33 fn/datetime/2b441f79c9 fn/datetime/7d5f9d0062
			fn/math/fce0ce3aaf fn/math/ee53e2d78d fn/math/3cd306e225 fn/math/a2aa2523ce fn/math/c2636a324d fn/math/60af232f15
			sc/datetime/interval_day_to_second/overflow-hours-into-days sc/datetime/interval_day_to_second/equality-with-normalized-form
			sc/math/abs/abs-negative-interval-day-to-second sc/math/try_add/try-add-doctest-5-result
			sc/string/length/an-interval-is-measured-as-spark-renders-it`,
		"decode takes bytes and a character set alone": "fn/string/c7a9207761 fn/string/106ab54a97",
		"UTF-8 is the only character set":              "sc/string/length/octet-length-and-bit-length-case#3",
		"text and numbers in one array become numbers where ANSI mode is off, too": `
			sc/array/array_coercion/case-coerce-to-string#1 sc/array/array_coercion/case-coerce-to-string#2 sc/array/array_coercion/case-coerce-to-string#3
			sc/array/array_coercion/string-numeric-and-null-coerce-to-string-with-null-preserved`,
		"the era is AD or BC":                       "sc/datetime/datetime_parse/strict-era-parsing-accepts-width-matched-era-text-case#3",
		"datediff has no unit; subtract timestamps": "sc/datetime/timestampdiff/date-diff-and-datediff-use-the-same-calendar-month-behavior",
		"a schema is written as DDL, not as JSON": `
			sc/json/from_json/parse-struct-using-spark-json-schema sc/json/from_json/parse-struct-with-multiple-fields-using-json-schema
			sc/json/from_json/parse-array-using-spark-json-schema sc/json/from_json/parse-map-using-spark-json-schema
			sc/json/from_json/parse-decimal-type-using-json-schema sc/json/from_json/parse-struct-with-time-0-field-using-spark-json-schema
			sc/json/from_json/parse-struct-with-interval-fields-using-spark-json-schema sc/json/from_json/parse-udt-field-using-its-spark-json-sqltype`,
		"a struct has a field":               "sc/json/to_json/an-empty-struct-has-no-fields-is-non-null-and-has-a-byte-exact-j",
		"so many places are 0, not an error": "sc/math/ceil_floor/error-case#2",
		"concat takes text and binary alone": "sc/string/concat_simplify/concat-of-single-empty-array-literal-returns-empty-array sc/string/concat_simplify/nested-array-concat-flattens",
	} {
		for _, id := range strings.Fields(ids) {
			out[id] = reason
		}
	}
	return out
}()
