package kernel

import (
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe/expr"
)

// TestEveryFunctionHasAKernel fails while the catalogue and the kernels differ.
func TestEveryFunctionHasAKernel(t *testing.T) {
	scalar := map[string]bool{}
	for _, fn := range expr.Functions() {
		if fn.Kind != expr.Scalar || fn.UDF != nil {
			continue
		}
		scalar[fn.Name] = true
		_, eager := makers()[fn.Name]
		_, lazy := lazyMakers()[fn.Name]
		if !eager && !lazy {
			t.Errorf("%s (%s) is in the catalogue, but has no kernel", fn.Name, fn.Family)
		}
		if eager && lazy {
			t.Errorf("%s has two kernels", fn.Name)
		}
		if fn.Usage == "" || fn.Doc == "" || fn.Family == "" {
			t.Errorf("%s lacks a family, a usage or a doc", fn.Name)
		}
	}
	for name := range makers() {
		if !scalar[name] {
			t.Errorf("the kernel %s has no function in the catalogue", name)
		}
	}
	for name := range lazyMakers() {
		if !scalar[name] {
			t.Errorf("the kernel %s has no function in the catalogue", name)
		}
	}
}

// TestExamples computes the example of every function: SQL text, " = ", and the
// value as a literal.
func TestExamples(t *testing.T) {
	for _, fn := range expr.Functions() {
		if fn.Kind != expr.Scalar || fn.Example == "" {
			continue
		}
		t.Run(fn.Name, func(t *testing.T) {
			at := strings.LastIndex(fn.Example, " = ")
			if at < 0 {
				t.Fatalf("%q is not of the form: call = value", fn.Example)
			}
			env := testEnv()
			got, want := evalText(env, fn.Example[:at]), evalText(env, fn.Example[at+3:])
			if cut(got) != cut(want) || strings.HasPrefix(got, "error") {
				t.Errorf("%s gives %s, not %s", fn.Example[:at], got, want)
			}
		})
	}
}

// cut leaves the type out: an int literal stands for a bigint as well.
func cut(answer string) string {
	value, _, _ := strings.Cut(answer, " : ")
	return value
}
