package operator

import (
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/kernel"
	"github.com/riffledata/riffle/exec/state"
)

// approx is the accumulator of approx_count_distinct where rows only come; where
// they are taken back, which no sketch can follow, it counts exactly. It is a
// HyperLogLog sketch for
// each group, over the hash of the canonical encoding of the value. The estimate
// is that of Ertl, New cardinality estimation algorithms for HyperLogLog
// sketches (2017), which needs no tables and has no bias for small counts.
type approx struct {
	storage
	aggregate
	registers
	hasher state.Hasher
	hashes []uint64
}

// registers holds 2^p registers a group, one group after the other.
type registers struct {
	p     int
	v     []uint8
	saved []uint8
}

func newApprox(a aggregate) (Accumulator, error) {
	rsd := 0.05
	if len(a.args) == 2 {
		v, ok := asFloat(a.consts[1])
		if !ok || v <= 0 || v >= 1 {
			return nil, a.errorf("its error must be a constant between 0 and 1")
		}
		rsd = v
	}
	if len(a.args) == 0 || len(a.args) > 2 {
		return nil, a.errorf("it takes a value and an error, not %d arguments", len(a.args))
	}
	if _, err := state.NewAppender(newNulls(a.arrowArg(0), 0)); err != nil {
		return nil, a.errorf("%w", err)
	}
	if a.retract {
		a.args = a.args[:1]
		inner, err := newCount(a)
		if err != nil {
			return nil, err
		}
		return newCountedDistinct(a, inner)
	}
	x := &approx{aggregate: a}
	x.p = min(max(int(math.Ceil(2*math.Log2(1.106/rsd))), 4), 16) // Spark's formula
	x.storage = storage{&x.registers}
	return x, nil
}

func asFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case float32:
		return float64(v), true
	case types.Dec:
		return v.Unscaled.ToFloat64(int32(v.Scale)), true
	}
	return 0, false
}

func (x *approx) Update(groups []uint32, args []kernel.Value, rows kernel.Rows, changes []int8) error {
	if err := x.additive(rows, changes); err != nil || args[0].Array.DataType().ID() == arrow.NULL {
		return err
	}
	dense, err := args[0].Dense(rows)
	if err != nil {
		return err
	}
	x.hashes = resize(x.hashes, len(groups))
	if err := x.hasher.Hash([]arrow.Array{dense}, x.hashes); err != nil {
		return err
	}
	valid := validOf(dense)
	for j, g := range groups {
		if !valid.at(j) {
			continue
		}
		h := x.hashes[j]
		rank := uint8(bits.LeadingZeros64(h<<x.p|1<<(x.p-1)) + 1)
		r := &x.v[int(g)<<x.p|int(h>>(64-x.p))]
		*r = max(*r, rank)
	}
	return nil
}

func (x *approx) StateTypes() []arrow.DataType { return []arrow.DataType{arrow.BinaryTypes.Binary} }

func (x *approx) State(groups []uint32) ([]arrow.Array, error) {
	a, err := gatherTexts(arrow.BinaryTypes.Binary, len(groups), nil, func(j int) []byte { return x.of(groups[j]) })
	return []arrow.Array{a}, err
}

func (x *approx) Merge(groups []uint32, sketches []arrow.Array) error {
	offsets, data := batch.Texts(sketches[0])
	for j, g := range groups {
		into := x.of(g)
		for k, r := range data[offsets[j]:offsets[j+1]] {
			into[k] = max(into[k], r)
		}
	}
	return nil
}

func (x *approx) Result(groups []uint32) (arrow.Array, error) {
	out := make([]int64, len(groups))
	for j, g := range groups {
		out[j] = estimate(x.of(g), x.p)
	}
	return newFixed(arrow.PrimitiveTypes.Int64, out, nil), nil
}

// estimate returns about how many different hashes a sketch has seen.
func estimate(sketch []uint8, p int) int64 {
	m, q := float64(len(sketch)), 64-p
	counts := make([]float64, q+2)
	for _, r := range sketch {
		counts[r]++
	}
	z := m * tau(1-counts[q+1]/m)
	for k := q; k >= 1; k-- {
		z = 0.5 * (z + counts[k])
	}
	z += m * sigma(counts[0]/m)
	return int64(math.Round(m * m / (2 * math.Ln2 * z)))
}

// sigma and tau are the functions of these names in Ertl's paper.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		old := z
		z += x * y
		y += y
		if z == old {
			return z
		}
	}
}

func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		old := z
		y *= 0.5
		z -= (1 - x) * (1 - x) * y
		if z == old {
			return z / 3
		}
	}
}

// of returns the registers of a group.
func (r *registers) of(g uint32) []uint8 { return r.v[int(g)<<r.p : (int(g)+1)<<r.p] }

func (r *registers) grow(n int) {
	if n<<r.p > len(r.v) {
		r.v = append(r.v, make([]uint8, n<<r.p-len(r.v))...)
	}
}

func (r *registers) save(groups []uint32) {
	for _, g := range groups {
		r.saved = append(r.saved, r.of(g)...)
	}
}

func (r *registers) restore(groups []uint32, n int) {
	for i, g := range groups {
		copy(r.of(g), r.saved[i<<r.p:])
	}
	r.v, r.saved = r.v[:min(n<<r.p, len(r.v))], r.saved[:0]
}

func (r *registers) commit() { r.saved = r.saved[:0] }

func (r *registers) bytes() int64 { return int64(cap(r.v) + cap(r.saved)) }
