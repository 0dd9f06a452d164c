package expr

import (
	"strings"
	"testing"
)

// TestCatalogue checks that every function says how it is called, what it gives,
// and, where that is always the same, an example.
func TestCatalogue(t *testing.T) {
	for _, fn := range Functions() {
		if fn.Usage == "" || fn.Doc == "" || fn.Family == "" || fn.Bind == nil {
			t.Errorf("%s lacks its usage, doc, family or types", fn.Name)
		}
		if !strings.HasSuffix(fn.Doc, ".") {
			t.Errorf("%s: the doc is no sentence: %q", fn.Name, fn.Doc)
		}
		if fn.Kind == Scalar && fn.Family != "operator" && !fn.Volatile && !strings.HasSuffix(fn.Name, "struct") && !strings.Contains(fn.Example, " = ") {
			t.Errorf("%s has no example", fn.Name)
		}
		for _, name := range append([]string{fn.Name}, fn.Aliases...) {
			if got, ok := Lookup(strings.ToUpper(name)); !ok || got != fn {
				t.Errorf("%s is not found by %s", fn.Name, strings.ToUpper(name))
			}
		}
	}
}
