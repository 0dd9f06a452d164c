package operator

import (
	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/kernel"
)

// occurrences is the accumulator of functions that look at the values of a group
// in the order in which they came, and can forget each: collect_list, collect_set,
// first, last, any_value, histogram. A value taken back is the earliest of those
// that are equal, so that what came last stays last.
type occurrences struct {
	storage
	aggregate
	*bag
	ignoreNulls bool
	finish      func(o *occurrences, groups []uint32) (arrow.Array, error)
}

func newOccurrences(a aggregate, list, ignoreNulls bool, finish func(*occurrences, []uint32) (arrow.Array, error)) (Accumulator, error) {
	if hasMaps(a.args[0]) {
		return nil, a.errorf("%s has no equality by which to find a value that is taken back; use parts of it", a.args[0].Name())
	}
	b, err := newBag([]arrow.DataType{a.arrowArg(0)}, list)
	if err != nil {
		return nil, a.errorf("%w", err)
	}
	b.ordered = true
	return &occurrences{storage{b}, a, b, ignoreNulls, finish}, nil
}

func (o *occurrences) keeps() (multiset, Accumulator) { return o.bag, nil }

// hasMaps tells whether a type is or holds a map.
func hasMaps(t types.Type) bool {
	switch t := t.(type) {
	case types.Map:
		return true
	case types.Array:
		return hasMaps(t.Elem)
	case types.Struct:
		for _, f := range t.Fields {
			if hasMaps(f.Type) {
				return true
			}
		}
	}
	return false
}

func (o *occurrences) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	if !o.retract {
		if err := o.additive(rows, changes); err != nil {
			return err
		}
	}
	args = args[:1]
	var counts []argValid
	if o.ignoreNulls {
		counts = validArgs(args)
	}
	return o.add(groups, args, rows, changes, nil, counts, nil)
}

func (o *occurrences) StateTypes() []arrow.DataType { return []arrow.DataType{o.stateType()} }

func (o *occurrences) State(groups []uint32) ([]arrow.Array, error) {
	a, err := o.state(groups)
	return []arrow.Array{a}, err
}

func (o *occurrences) Merge(groups []uint32, state []arrow.Array) error {
	return o.merge(groups, state[0], nil)
}

func (o *occurrences) Result(groups []uint32) (arrow.Array, error) { return o.finish(o, groups) }

// finishCollect gives the values as arrays.
func finishCollect(o *occurrences, groups []uint32) (arrow.Array, error) {
	offsets, codes := make([]int32, len(groups)+1), []uint32{}
	for j, g := range groups {
		o.each(g, func(p uint32, n int64) {
			if !o.list {
				n = min(n, 1)
			}
			for ; n > 0; n-- {
				codes = append(codes, o.tupleOf(p))
			}
		})
		offsets[j+1] = int32(len(codes))
	}
	cols, err := o.tuples.Keys(codes)
	if err != nil {
		return nil, err
	}
	return listOf(types.ToArrow(o.result), offsets, cols[0].Data()), nil
}

// finishFirst gives the first value, or the last.
func finishFirst(last bool) func(*occurrences, []uint32) (arrow.Array, error) {
	return func(o *occurrences, groups []uint32) (arrow.Array, error) {
		return o.pick(groups, 0, func(g uint32) (uint32, bool) {
			e := o.chains[g].head
			if last {
				e = o.chains[g].tail
			}
			for e > 0 && o.nodes[e].n <= 0 { // owed
				if last {
					e = o.nodes[e].prev
				} else {
					e = o.nodes[e].next
				}
			}
			return o.nodes[e].pair, e > 0
		})
	}
}
