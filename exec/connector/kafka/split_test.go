package kafka

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestDivide(t *testing.T) {
	one := func(p int32, from, to int64) split { return split{Topic: "t", Partition: p, From: from, To: to} }
	for _, test := range []struct {
		in    []split
		least int64
		want  string
	}{
		{[]split{one(0, 0, 100)}, 1, "0[0,100) "},
		{[]split{one(0, 0, 100)}, 3, "0[0,33) 0[33,66) 0[66,100) "},
		{[]split{one(0, 0, 100), one(1, 0, 1)}, 4, "0[0,33) 0[33,66) 0[66,100) 1[0,1) "},
		{[]split{one(0, 5, 7)}, 9, "0[5,6) 0[6,7) "},
		{[]split{one(0, 0, 10), one(1, 0, 10)}, 0, "0[0,10) 1[0,10) "},
	} {
		got := ""
		for _, s := range divide(test.in, test.least) {
			got += fmt.Sprintf("%d[%d,%d) ", s.Partition, s.From, s.To)
		}
		if got != test.want {
			t.Errorf("%v in %d: %s, want %s", test.in, test.least, got, test.want)
		}
	}
}

// A limited batch makes progress, goes nowhere beyond the end, and starves no
// partition.
func TestLimitIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, to := offsets{}, offsets{}
		for p := range rapid.Int32Range(1, 8).Draw(t, "partitions") {
			k := tp{"t", p}
			from[k] = rapid.Int64Range(0, 1<<40).Draw(t, "from")
			to[k] = from[k] + rapid.Int64Range(0, 1000).Draw(t, "size")
		}
		most := rapid.Int64Range(1, 3000).Draw(t, "most")
		sum := int64(0)
		for k, end := range limit(from, to, most) {
			if end < from[k] || end > to[k] || end == from[k] && to[k] > from[k] {
				t.Fatalf("%s: [%d, %d) limited to %d", k, from[k], to[k], end)
			}
			sum += end - from[k]
		}
		if sum > most+int64(len(from)) {
			t.Fatalf("%d offsets, %d allowed", sum, most)
		}
	})
}

func TestOffsetsText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := offsets{}
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			o[tp{rapid.SampledFrom([]string{"a", "b", `q"uote`, "zeek.dns"}).Draw(t, "topic"), rapid.Int32Range(0, 12).Draw(t, "p")}] = rapid.Int64Min(0).Draw(t, "at")
		}
		back, err := parseOffsets(o.json())
		if err != nil || string(back.json()) != string(o.json()) || len(without(o, back)) != 0 {
			t.Fatalf("%s: %s, %v", o.json(), back.json(), err)
		}
	})
	o := offsets{{"b", 10}: 4, {"b", 9}: 3, {"a", 0}: 17}
	if got := string(o.json()); got != `{"a":{"0":17},"b":{"9":3,"10":4}}` {
		t.Error(got)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte(`{"topic":"t","partition":0,"from":0,"to":5,"epoch":1,"id":"00112233445566778899aabbccddeeff"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, _, err := parseSplit(text); err == nil && (s.Topic == "" || s.To < s.From) {
			t.Fatalf("%+v", s)
		}
		if o, err := parseOffsets(text); err == nil {
			if back, err := parseOffsets(o.json()); err != nil || !back.same(o) {
				t.Fatalf("%s becomes %s", text, o.json())
			}
		}
	})
}
