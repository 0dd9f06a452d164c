package json

import (
	"math/big"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"github.com/riffledata/riffle/dataframe/types"
)

// TestTimes: an instant written in any zone is read as itself; without the zone
// it is the first instant that the zone's clocks showed so.
func TestTimes(t *testing.T) {
	var zones []*time.Location
	for _, name := range []string{"UTC", "Europe/Vienna", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe", "-03:30"} {
		loc, err := types.LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, loc)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(-62135596800000000, 253402300799999999).Draw(t, "micros"))
		if rapid.Bool().Draw(t, "recent") {
			at = time.Unix(rapid.Int64Range(0, 2e9).Draw(t, "seconds"), 0)
		}
		k := clock{loc: rapid.SampledFrom(zones).Draw(t, "zone")}
		local := at.In(k.loc)
		if _, off := local.Zone(); off%60 == 0 {
			got, st := k.timestamp([]byte(local.Format(time.RFC3339Nano)), false)
			if st != timeOK || got != at.UnixMicro() {
				t.Fatalf("%s: %d", local, got)
			}
		}
		const wall = "2006-01-02 15:04:05.999999"
		got, st := k.timestamp([]byte(local.Format(wall)), false)
		read := time.UnixMicro(got).In(k.loc)
		if st != timeOK || read.Format(wall) != local.Format(wall) || read.After(local) {
			t.Fatalf("%s is read as %s", local, read)
		}
		days, st := k.date([]byte(local.Format("2006-1-2")))
		midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
		if st != timeOK || int64(days)*secondsPerDay != midnight.Unix() {
			t.Fatalf("%s: day %d", local, days)
		}
	})
}

// TestPatterns: what a pattern writes it reads again.
func TestPatterns(t *testing.T) {
	for _, text := range []string{"yyyy-MM-dd HH:mm:ss.SSSSSS XXX", "d/M/y H:m:s.SSSSSSX", "yyyyMMddHHmmssSSSSSS Z", "dd.MM.uuuu 'at' HH:mm:ss,SSSSSS x"} {
		p, err := ParsePattern(text)
		if err != nil {
			t.Fatal(err)
		}
		k := clock{pattern: p}
		rapid.Check(t, func(t *rapid.T) {
			at := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "micros")).In(time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, "hours")*3600))
			written := p.append(nil, at)
			if got, st := k.timestamp(written, false); st != timeOK || got != at.UnixMicro() {
				t.Fatalf("%s: %s is read as %d, want %d", text, written, got, at.UnixMicro())
			}
		})
	}
}

// TestDecimals compares with exact arithmetic.
func TestDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`-?[0-9]{1,45}(\.[0-9]{1,45})?([eE][-+]?[0-9]{1,2})?`).Draw(t, "number")
		prec := rapid.IntRange(1, 38).Draw(t, "precision")
		scale := rapid.IntRange(0, prec).Draw(t, "scale")
		r, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatal(s)
		}
		want := halfUp(r, scale)
		limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(prec)), nil)
		v, fits, ok := parseDecimal([]byte(s), prec, scale)
		if !ok || fits != (want.CmpAbs(limit) < 0) {
			t.Fatalf("%s as decimal(%d,%d): fits %v, is %v", s, prec, scale, fits, want)
		}
		if fits && v != decimal128.FromBigInt(want) {
			t.Fatalf("%s as decimal(%d,%d): %v, want %v", s, prec, scale, v.BigInt(), want)
		}
	})
}

// halfUp returns r * 10^scale, rounded, halves away from zero.
func halfUp(r *big.Rat, scale int) *big.Int {
	r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
	num := new(big.Int).Abs(r.Num())
	num.Add(num.Lsh(num, 1), r.Denom())
	num.Quo(num, new(big.Int).Lsh(r.Denom(), 1))
	if r.Sign() < 0 {
		num.Neg(num)
	}
	return num
}

// FuzzPattern: no pattern and no text panic, and what was read is written so
// that it is read the same again.
func FuzzPattern(f *testing.F) {
	f.Add("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2024-01-15T10:30:00.123+01:00")
	f.Add("d.M.yy H''mm VV", "1.2.24 3'04 Europe/Vienna")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, err := ParsePattern(pattern)
		if err != nil {
			return
		}
		k := clock{pattern: p}
		us, st := k.timestamp([]byte(text), false)
		_, _ = k.date([]byte(text))
		if st == timeOK {
			_ = p.append(nil, time.UnixMicro(us).UTC())
		}
		plain := clock{}
		if us, st := plain.timestamp([]byte(text), false); st == timeOK {
			out := (&WriteOptions{}).appendTimestamp(nil, us, false)
			if again, st := plain.timestamp(out, false); st != timeOK || again != us {
				t.Fatalf("%q is %d, written %s, read as %d", text, us, out, again)
			}
		}
	})
}
