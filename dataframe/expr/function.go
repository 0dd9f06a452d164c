package expr

import (
	"fmt"
	"sort"
	"strings"
	"sync"

	"github.com/riffledata/riffle/dataframe/types"
)

// Kind says what a function is computed over.
type Kind int

// The kinds of functions.
const (
	Scalar    Kind = iota // one row
	Aggregate             // the rows of a group
	Windowing             // one row, which a plan node puts into windows of time
)

// Function is an entry of the catalogue: all that is known of a function but
// how it is computed, which is in exec/kernel under the same name.
type Function struct {
	// Name is the function's name in lower case, or the operator ("+", "<=>").
	Name string
	// Aliases are other names for it.
	Aliases []string
	Kind    Kind
	Nulls   NullRule
	// Volatile marks functions whose value does not depend on the row alone.
	Volatile bool
	// VolatileAlone marks functions that are volatile without arguments.
	VolatileAlone bool
	// Bind checks the arguments, which are bound. It returns the types that they
	// must be cast to and the type of the result.
	Bind func(args []Expr) (want []types.Type, result types.Type, err error)
	// Format prints a call given its printed arguments; nil: name(a, b).
	Format func(args []string) string
	// Family groups functions in the documentation: "string", "math", "operator".
	Family string
	// Usage is how it is called: "substring(str, pos[, len])".
	Usage string
	// Doc is one or two sentences on what it gives, its null rule included where
	// it is not NullIfAny. Example is a SQL expression and its value as a literal,
	// with " = " between: "upper('ab') = 'AB'"; of several, the last divides.
	Doc, Example string
	// UDF is set for user-defined functions.
	UDF *UDF
}

// UDF is a user-defined function. It is registered by name in a package
// variable, before main, and travels by that name: every process of a job runs
// the same binary.
type UDF struct {
	Name string
	// Args and Result are the types of the arguments and the result.
	Args   []types.Type
	Result types.Type
	// Deterministic says that equal arguments give equal results.
	Deterministic bool
	// Run computes a batch. args are Arrow arrays (arrow.Array) of n rows; so is
	// the result. It is typed any so that this package links no Arrow code.
	Run func(args []any, n int) (any, error)
	// Buffers makes the buffers of an aggregate function; nil for functions of rows.
	// Removes says that the buffers can take rows back.
	Buffers func() Buffers
	Removes bool
}

// Buffers hold what a user-defined aggregate function has gathered of each
// group, groups being numbered from 0. A panic in it becomes an error of the
// query. It is used by one task.
type Buffers interface {
	// Grow makes empty buffers up to group n-1, and Truncate forgets those from n on.
	Grow(n int)
	Truncate(n int)
	// Update adds row j of args, Arrow arrays (arrow.Array), to groups[j], or removes
	// it where changes[j] is -1. Nil changes are all +1.
	Update(groups []uint32, args []any, changes []int8) error
	// Encode returns the buffers of groups as bytes; Decode sets them from such, and
	// Merge adds such to what they are.
	Encode(groups []uint32) ([][]byte, error)
	Decode(groups []uint32, states [][]byte) error
	Merge(groups []uint32, states [][]byte) error
	// Result returns the values of groups, an arrow.Array.
	Result(groups []uint32) (any, error)
	// Bytes is about the memory held.
	Bytes() int64
}

// registry holds the user-defined functions of this process by lower-case name.
var registry sync.Map

// Register makes a user-defined function known. It panics if the name is taken:
// this happens before main, where no one could handle an error.
func Register(u *UDF) *UDF {
	if _, builtin := catalogue()[strings.ToLower(u.Name)]; builtin {
		panic(fmt.Sprintf("riffle: the user-defined function %q has the name of a built-in one", u.Name))
	}
	if _, taken := registry.LoadOrStore(strings.ToLower(u.Name), udfFunction(u)); taken {
		panic(fmt.Sprintf("riffle: two user-defined functions are called %q", u.Name))
	}
	return u
}

func udfFunction(u *UDF) *Function {
	f := &Function{Name: u.Name, Nulls: NullMaybe, Volatile: !u.Deterministic, UDF: u, Family: "user",
		Usage: fmt.Sprintf("%s(%d arguments)", u.Name, len(u.Args)), Bind: fixed(u.Result, u.Args...)}
	if u.Buffers != nil {
		f.Kind, f.Volatile = Aggregate, false
	}
	return f
}

// Lookup finds a function by name or alias, in any case.
func Lookup(name string) (*Function, bool) {
	low := strings.ToLower(name)
	if fn, ok := catalogue()[low]; ok {
		return fn, true
	}
	if fn, ok := registry.Load(low); ok {
		return fn.(*Function), true
	}
	return nil, false
}

// Functions returns all functions by family, then name.
func Functions() []*Function {
	var all []*Function
	for key, fn := range catalogue() {
		if key == fn.Name {
			all = append(all, fn)
		}
	}
	registry.Range(func(_, fn any) bool { all = append(all, fn.(*Function)); return true })
	sort.Slice(all, func(i, j int) bool {
		if all[i].Family != all[j].Family {
			return all[i].Family < all[j].Family
		}
		return all[i].Name < all[j].Name
	})
	return all
}

// catalogue is the list of built-in functions by every name they have.
var catalogue = sync.OnceValue(func() map[string]*Function {
	out := map[string]*Function{}
	for _, family := range families() {
		for _, fn := range family {
			for _, name := range append([]string{fn.Name}, fn.Aliases...) {
				if _, twice := out[name]; twice {
					panic("expr: two functions are called " + name)
				}
				out[name] = fn
			}
		}
	}
	return out
})

func functionNames() []string {
	var names []string
	for name := range catalogue() {
		if name[0] >= 'a' && name[0] <= 'z' {
			names = append(names, name)
		}
	}
	registry.Range(func(_, fn any) bool { names = append(names, fn.(*Function).Name); return true })
	sort.Strings(names)
	return names
}
