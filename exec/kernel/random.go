package kernel

import (
	"math"

	"github.com/riffledata/riffle/dataframe/expr"
)

// randomKernels give another value for each row: the same for the same row of a
// task in a batch, so that a replayed batch gives what it gave before.
func randomKernels() map[string]Maker {
	return map[string]Maker{
		"rand": func(call *expr.Call) (Func, error) {
			return randomDoubles(newDice(call), func(d *dice, i int) float64 { return unit(d.bits(i, 0)) }), nil
		},
		"randn": func(call *expr.Call) (Func, error) {
			return randomDoubles(newDice(call), func(d *dice, i int) float64 {
				// Box and Muller's: a point of the normal distribution in the plane.
				r := math.Sqrt(-2 * math.Log(1-unit(d.bits(i, 0))))
				return r * math.Cos(2*math.Pi*unit(d.bits(i, 1)))
			}), nil
		},
		"uuid": func(call *expr.Call) (Func, error) { return uuidFunc(newDice(call)), nil },
	}
}

// dice gives 64 bits for a row. What it gives depends on the call's seed and
// place, the batch's seed, and how many rows of the batch were before.
type dice struct {
	salt  uint64
	batch uint64
	rows  uint64 // of the batch, before these
	begun bool
}

func newDice(call *expr.Call) *dice {
	salt := mix(uint64(call.Pos))
	if len(call.Args) == 1 {
		seed, _ := expr.ConstantInt(call.Args[0])
		salt = mix(uint64(seed) + 0x9e3779b97f4a7c15)
	}
	return &dice{salt: salt}
}

// next makes room for n more rows and returns the dice for them.
func (d *dice) next(env *Env, n int) *dice {
	if !d.begun || d.batch != env.Seed {
		d.begun, d.batch, d.rows = true, env.Seed, 0
	}
	now := *d
	d.rows += uint64(n)
	return &now
}

func (d *dice) bits(row int, k uint64) uint64 {
	return mix(mix(d.salt^mix(d.batch+1)) + 2*(d.rows+uint64(row)) + k)
}

// mix is the last step of splitmix64: each bit of the result depends on all of x.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit is a number from 0 on, below 1.
func unit(bits uint64) float64 { return float64(bits>>11) / (1 << 53) }

func randomDoubles(d *dice, f func(d *dice, i int) float64) Func {
	return func(env *Env, _ []Value, rows Rows) (Value, error) {
		now, out := d.next(env, rows.N), make([]float64, rows.N)
		for i := range out {
			out[i] = f(now, i)
		}
		return Value{Array: newFixed(arrowDouble, out, noNulls(rows.N))}, nil
	}
}

const lowerHex = "0123456789abcdef"

// uuidFunc gives version 4 of RFC 4122.
func uuidFunc(d *dice) Func {
	return func(env *Env, _ []Value, rows Rows) (Value, error) {
		now := d.next(env, rows.N)
		return textsTo(func(*Env, []Value) func([]byte, int) ([]byte, bool, error) {
			return func(dst []byte, i int) ([]byte, bool, error) {
				hi := now.bits(i, 0)&^0xf000 | 0x4000
				lo := now.bits(i, 1)&^(3<<62) | 2<<62
				for k := range 32 {
					v := hi
					if k >= 16 {
						v = lo
					}
					if k == 8 || k == 12 || k == 16 || k == 20 {
						dst = append(dst, '-')
					}
					dst = append(dst, lowerHex[v>>(60-4*(k%16))&15])
				}
				return dst, true, nil
			}
		})(env, nil, rows)
	}
}
