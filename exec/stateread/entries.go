package stateread

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/riffledata/riffle/exec/state"
)

// Entry is a pair of a state.
type Entry struct {
	Operator string `json:"operator"`
	State    string `json:"state"`
	Group    int    `json:"group"`
	// Key and Value are objects of columns, or bytes in hexadecimal where the
	// operator describes them by no schema.
	Key   json.RawMessage `json:"key"`
	Value json.RawMessage `json:"value"`
}

// chunk is some pairs of one space.
type chunk struct {
	operator     string
	space        state.Space
	keys, values [][]byte // keys with their prefix
}

// chunkSize is the most pairs of a chunk.
const chunkSize = 1024

// chunks calls f for the pairs of a choice, some of one space at a time.
func (v *Version) chunks(ctx context.Context, c Choice, f func(*chunk) error) error {
	in, err := v.pairs(ctx)
	if err != nil {
		return err
	}
	defer in.close()
	now := &chunk{}
	flush := func() error {
		if len(now.keys) == 0 {
			return nil
		}
		err := f(now)
		now.keys, now.values = nil, nil
		return err
	}
	for {
		p, err := in.next()
		if err == io.EOF { //nolint:errorlint // wrapped, it is no end
			return flush()
		}
		if err != nil {
			return err
		}
		if p.Operator != now.operator || p.Key[state.KeyPrefix-1] != now.space.ID || len(now.keys) == chunkSize {
			if err := flush(); err != nil {
				return err
			}
			now.operator, now.space = p.Operator, v.space(p.Operator, p.Key)
		}
		if c.takes(now.operator, now.space) {
			now.keys, now.values = append(now.keys, slices.Clone(p.Key)), append(now.values, slices.Clone(p.Value))
		}
	}
}

func rests(keys [][]byte) [][]byte {
	out := make([][]byte, len(keys))
	for i, k := range keys {
		out[i] = k[state.KeyPrefix:]
	}
	return out
}

// decoders makes the decoder of each space once.
type decoders map[string]decoder

func (d decoders) of(operator string, sp state.Space) (decoder, error) {
	id := fmt.Sprintf("%s %q", operator, sp.ID)
	if got, ok := d[id]; ok {
		return got, nil
	}
	made, err := newDecoder(sp)
	if err != nil {
		return made, fmt.Errorf("state %s of %s: %w", sp.Name, operator, err)
	}
	d[id] = made
	return made, nil
}

// Each calls f for the pairs of a choice whose keys have the wanted values, in the
// order of operators, key groups and keys. key is a JSON object of some of a key's
// columns; nil is every key.
func (v *Version) Each(ctx context.Context, c Choice, key json.RawMessage, f func(Entry) error) error {
	if err := v.Check(c); err != nil {
		return err
	}
	match, err := NewMatcher(key)
	if err != nil {
		return err
	}
	known := decoders{}
	return v.chunks(ctx, c, func(ch *chunk) error {
		d, err := known.of(ch.operator, ch.space)
		if err != nil {
			return err
		}
		keys, err := d.key.texts(rests(ch.keys))
		if err != nil {
			return fmt.Errorf("keys of %s, %s: %w", ch.operator, ch.space.Name, err)
		}
		var at []int
		var values [][]byte
		for i := range keys {
			if match.Takes(keys[i]) {
				at, values = append(at, i), append(values, ch.values[i])
			}
		}
		texts, err := d.value.texts(values)
		if err != nil {
			return fmt.Errorf("values of %s, %s: %w", ch.operator, ch.space.Name, err)
		}
		for k, i := range at {
			if err := f(Entry{ch.operator, ch.space.Name, state.GroupOf(ch.keys[i]), keys[i], texts[k]}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Matcher compares objects of columns with wanted values of some; nil takes all.
type Matcher map[string]any

// NewMatcher reads the wanted values, a JSON object; nothing is nil.
func NewMatcher(key json.RawMessage) (Matcher, error) {
	if len(key) == 0 {
		return nil, nil
	}
	m := Matcher{}
	d := json.NewDecoder(bytes.NewReader(key))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf(`the key %s is no JSON object of columns, as {"host":"a"}: %w`, key, err)
	}
	return m, nil
}

// Takes tells whether an object has the wanted values.
func (m Matcher) Takes(key json.RawMessage) bool {
	if len(m) == 0 {
		return true
	}
	var got map[string]any
	d := json.NewDecoder(bytes.NewReader(key))
	d.UseNumber()
	if d.Decode(&got) != nil {
		return false // bytes
	}
	for name, want := range m {
		v, ok := got[name]
		if !ok || !same(v, want) {
			return false
		}
	}
	return true
}

func same(a, b any) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}

// Size is how much a state holds.
type Size struct {
	Batch    int64  `json:"batch"`
	Operator string `json:"operator"`
	State    string `json:"state"`
	Rows     int64  `json:"rows"`
	// KeyBytes and ValueBytes are those of the pairs, before they are compressed.
	KeyBytes   int64 `json:"keyBytes"`
	ValueBytes int64 `json:"valueBytes"`
	// Key and Value are the columns, in DDL; "" where there are none.
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Sizes measures the states of all operators, those that are empty too, in the
// order of the query's specs.
func (v *Version) Sizes(ctx context.Context) ([]Size, error) {
	var out []Size
	at := map[string]int{}
	place := func(operator string, sp state.Space) int {
		id := operator + "\x00" + string(sp.ID)
		i, ok := at[id]
		if !ok {
			i = len(out)
			at[id] = i
			out = append(out, Size{Batch: v.Batch, Operator: operator, State: sp.Name, Key: sp.Key, Value: sp.Value})
		}
		return i
	}
	for _, s := range v.Specs {
		for _, sp := range s.Spaces {
			place(s.Operator, sp)
		}
	}
	err := v.chunks(ctx, Choice{}, func(ch *chunk) error {
		size := &out[place(ch.operator, ch.space)]
		for i := range ch.keys {
			size.Rows, size.KeyBytes, size.ValueBytes = size.Rows+1, size.KeyBytes+int64(len(ch.keys[i])), size.ValueBytes+int64(len(ch.values[i]))
		}
		return nil
	})
	return out, err
}

// Change is what differs between two versions: Before is nil for a pair that
// came, After for one that went.
type Change struct {
	Operator string          `json:"operator"`
	State    string          `json:"state"`
	Group    int             `json:"group"`
	Key      json.RawMessage `json:"key"`
	Before   json.RawMessage `json:"before,omitempty"`
	After    json.RawMessage `json:"after,omitempty"`
}

// Diff calls f for each pair that differs between two versions of one checkpoint,
// in the order of Each. A nil version is the state before the first batch.
func Diff(ctx context.Context, a, b *Version, c Choice, f func(Change) error) error {
	if err := b.Check(c); err != nil {
		return err
	}
	old := &pairs{ctx: ctx}
	if a == nil {
		a = b
	} else {
		var err error
		if old, err = a.pairs(ctx); err != nil {
			return err
		}
	}
	defer old.close()
	now, err := b.pairs(ctx)
	if err != nil {
		return err
	}
	defer now.close()
	d := differ{a: a, b: b, choice: c, f: f, known: decoders{}}
	return d.run(old, now)
}

type differ struct {
	a, b   *Version
	choice Choice
	f      func(Change) error
	known  decoders
}

// run merges two ordered sequences of pairs.
func (d *differ) run(old, now *pairs) error {
	p, perr := old.next()
	q, qerr := now.next()
	for {
		for _, err := range []error{perr, qerr} {
			if err != nil && err != io.EOF { //nolint:errorlint // wrapped, it is no end
				return err
			}
		}
		var order int
		switch {
		case perr != nil && qerr != nil:
			return nil
		case perr != nil:
			order = 1
		case qerr != nil:
			order = -1
		default:
			order = comparePairs(p, q)
		}
		var err error
		switch {
		case order < 0:
			err = d.tell(p.Operator, p.Key, p.Value, nil)
		case order > 0:
			err = d.tell(q.Operator, q.Key, nil, q.Value)
		case !bytes.Equal(p.Value, q.Value):
			err = d.tell(p.Operator, p.Key, p.Value, q.Value)
		}
		if err != nil {
			return err
		}
		if order <= 0 {
			p, perr = old.next()
		}
		if order >= 0 {
			q, qerr = now.next()
		}
	}
}

func (d *differ) tell(operator string, key, before, after []byte) error {
	sp := d.b.space(operator, key)
	if after == nil {
		sp = d.a.space(operator, key)
	}
	if !d.choice.takes(operator, sp) {
		return nil
	}
	dec, err := d.known.of(operator, sp)
	if err != nil {
		return err
	}
	c := Change{Operator: operator, State: sp.Name, Group: state.GroupOf(key)}
	text := func(s side, b []byte) json.RawMessage {
		if b == nil || err != nil {
			return nil
		}
		list, failed := s.texts([][]byte{b})
		if failed != nil {
			err = fmt.Errorf("%s, %s: %w", operator, sp.Name, failed)
			return nil
		}
		return list[0]
	}
	c.Key, c.Before, c.After = text(dec.key, key[state.KeyPrefix:]), text(dec.value, before), text(dec.value, after)
	if err != nil {
		return err
	}
	return d.f(c)
}
