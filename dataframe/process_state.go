package dataframe

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
)

// Handle is a processor's way to its state, timers and times: of the key whose
// rows or timer it is handling. It must not be used outside of the calls that it is
// given to.
//
// A failure to read or write state sticks: from then on states give nothing and
// take nothing, and the query fails when the call returns.
type Handle struct {
	states []expr.ProcessorState
	host   expr.ProcessorHost
	timers bool
	open   bool // in Init
	err    error
}

// begin calls Init.
func (h *Handle) begin(init func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the processor's Init panicked: %v", p)
		}
	}()
	h.open = true
	err = errors.Join(init(), h.err)
	h.open = false
	return err
}

func (h *Handle) fail(err error) {
	if h.err == nil {
		h.err = err
	}
}

// check is fail of an error that may be none.
func (h *Handle) check(err error) {
	if err != nil {
		h.fail(err)
	}
}

// Time is the time of the micro-batch, and in a batch query that of its start. A
// replay has the same.
func (h *Handle) Time() time.Time {
	if h.host == nil {
		return time.Time{}
	}
	return time.UnixMicro(h.host.Now()).UTC()
}

// Watermark is the event time that rows have passed; false where there is none yet.
func (h *Handle) Watermark() (time.Time, bool) {
	if h.host == nil {
		return time.Time{}, false
	}
	at, ok := h.host.Watermark()
	if !ok {
		return time.Time{}, false
	}
	return time.UnixMicro(at).UTC(), true
}

// SetTimer makes the key due at a time, to the microsecond, by the clock of the
// time mode, which has one. A key has any number of timers, at most one at each
// time.
func (h *Handle) SetTimer(at time.Time) {
	if !h.timers {
		h.fail(errors.New("a timer is set, and nobody would be called: give the processor a method OnTimer"))
	}
	h.do(func() error { return h.host.SetTimer(at.UnixMicro()) })
}

// DeleteTimer takes a timer back; that there is none is no error.
func (h *Handle) DeleteTimer(at time.Time) {
	h.do(func() error { return h.host.DeleteTimer(at.UnixMicro()) })
}

// Timers returns the times at which the key is due, ascending. It looks through the
// timers of a four-thousandth of all keys.
func (h *Handle) Timers() []time.Time {
	var out []time.Time
	h.do(func() error {
		list, err := h.host.Timers()
		for _, at := range list {
			out = append(out, time.UnixMicro(at).UTC())
		}
		return err
	})
	return out
}

// do uses the host, unless something has failed.
func (h *Handle) do(f func() error) {
	switch {
	case h.host == nil:
		h.fail(errors.New("state and timers belong to a key, and Init has none; use them in Process"))
	case h.err == nil:
		h.err = f()
	}
}

// StateOption says something of a state.
type StateOption func(*expr.ProcessorState)

// TTL forgets values, elements and entries when they have not been set for so
// long, by the time of micro-batches. It needs the time mode ByProcessingTime.
func TTL(d time.Duration) StateOption { return func(s *expr.ProcessorState) { s.TTL = d } }

// keyed is what all kinds of state have in common.
type keyed[T any] struct {
	h     *Handle
	id    int
	shape *shape
	bytes []byte
}

// newState notes a state of a processor.
func newState[T any](h *Handle, name string, kind expr.StateKind, key reflect.Type, options []StateOption) (keyed[T], *shape) {
	st := expr.ProcessorState{Name: name, Kind: kind}
	for _, o := range options {
		o(&st)
	}
	out := keyed[T]{h: h, id: len(h.states)}
	var keys *shape
	field, err := typeOf(reflect.TypeFor[T]())
	if err == nil {
		st.Value = field.Type
		out.shape, err = shapeOf(reflect.TypeFor[T]())
	}
	if err == nil && key != nil {
		if field, err = typeOf(key); err == nil {
			st.Key = field.Type
			if keys, err = shapeOf(key); err == nil {
				err = keys.checkKey()
			}
		}
	}
	if err == nil {
		err = h.checkState(st)
	}
	if err != nil {
		h.fail(fmt.Errorf("state %q: %w", name, err))
	}
	h.states = append(h.states, st)
	return out, keys
}

// maxStates is the most states of a processor: each is a letter in the keys.
const maxStates = 26

func (h *Handle) checkState(st expr.ProcessorState) error {
	switch {
	case !h.open:
		return errors.New("it is made after Init; make all states in Init")
	case st.Name == "":
		return errors.New("it has no name")
	case st.TTL < 0 || st.TTL%time.Microsecond != 0:
		return fmt.Errorf("a time to live of %v; use whole microseconds", st.TTL)
	case len(h.states) == maxStates:
		return fmt.Errorf("a processor has at most %d states; put some into one struct", maxStates)
	}
	for _, other := range h.states {
		if other.Name == st.Name {
			return errors.New("there are two of that name")
		}
	}
	return nil
}

func (k *keyed[T]) row(v *T) []byte {
	k.bytes = k.shape.appendRow(k.bytes[:0], reflect.ValueOf(v).Elem())
	return k.bytes
}

func (k *keyed[T]) value(b []byte) (v T, ok bool) {
	if b == nil || k.h.err != nil {
		return v, false
	}
	if err := k.shape.readRow(b, reflect.ValueOf(&v).Elem()); err != nil {
		k.h.fail(fmt.Errorf("state %q: %w", k.h.states[k.id].Name, err))
		return v, false
	}
	return v, true
}

// Exists tells whether the state has anything of the key that has not expired.
func (k *keyed[T]) Exists() bool {
	found := false
	k.h.do(func() error {
		if k.h.states[k.id].Kind == expr.ValueState {
			b, err := k.h.host.Get(k.id, nil)
			found = b != nil
			return err
		}
		return k.h.host.Each(k.id, func(_, _ []byte) bool {
			found = true
			return false
		})
	})
	return found
}

// Clear removes all that the state has of the key.
func (k *keyed[T]) Clear() { k.h.do(func() error { return k.h.host.Clear(k.id) }) }

// ValueState is one value for each key.
type ValueState[T any] struct{ keyed[T] }

// NewValue makes a state of one value, in Init.
func NewValue[T any](h *Handle, name string, options ...StateOption) *ValueState[T] {
	k, _ := newState[T](h, name, expr.ValueState, nil, options)
	return &ValueState[T]{k}
}

// Get returns the value; false where none is set.
func (s *ValueState[T]) Get() (v T, ok bool) {
	s.h.do(func() error {
		b, err := s.h.host.Get(s.id, nil)
		if err == nil {
			v, ok = s.value(b)
		}
		return errors.Join(err, s.h.err)
	})
	return v, ok
}

// Set sets the value.
func (s *ValueState[T]) Set(v T) {
	s.h.do(func() error { return s.h.host.Set(s.id, nil, s.row(&v)) })
}

// ListState is values for each key, in the order in which they were appended.
type ListState[T any] struct{ keyed[T] }

// NewList makes a state of a list, in Init.
func NewList[T any](h *Handle, name string, options ...StateOption) *ListState[T] {
	k, _ := newState[T](h, name, expr.ListState, nil, options)
	return &ListState[T]{k}
}

// Append puts values behind those that are there.
func (s *ListState[T]) Append(values ...T) {
	for i := range values {
		s.h.do(func() error { return s.h.host.Append(s.id, s.row(&values[i])) })
	}
}

// Set makes values the list.
func (s *ListState[T]) Set(values ...T) {
	s.Clear()
	s.Append(values...)
}

// All goes through the list as it is when the loop begins.
func (s *ListState[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		s.h.do(func() error {
			err := s.h.host.Each(s.id, func(_, b []byte) bool {
				v, ok := s.value(b)
				return ok && yield(v)
			})
			return errors.Join(err, s.h.err)
		})
	}
}

// MapState is values by keys of their own, for each key.
type MapState[K, V any] struct {
	keyed[V]
	keys *shape
	sub  []byte
}

// NewMap makes a state of a map, in Init. K may be a bool, a whole number or a
// float, a string, []byte, time.Time, types.Day, or a struct or slice of these.
func NewMap[K, V any](h *Handle, name string, options ...StateOption) *MapState[K, V] {
	k, keys := newState[V](h, name, expr.MapState, reflect.TypeFor[K](), options)
	return &MapState[K, V]{keyed: k, keys: keys}
}

func (s *MapState[K, V]) at(key *K) []byte {
	s.sub = s.keys.appendKey(s.sub[:0], reflect.ValueOf(key).Elem())
	return s.sub
}

// Get returns the value of a key; false where it has none.
func (s *MapState[K, V]) Get(key K) (v V, ok bool) {
	s.h.do(func() error {
		b, err := s.h.host.Get(s.id, s.at(&key))
		if err == nil {
			v, ok = s.value(b)
		}
		return errors.Join(err, s.h.err)
	})
	return v, ok
}

// Set gives a key a value.
func (s *MapState[K, V]) Set(key K, v V) {
	s.h.do(func() error { return s.h.host.Set(s.id, s.at(&key), s.row(&v)) })
}

// Delete removes a key; that it is not there is no error.
func (s *MapState[K, V]) Delete(key K) {
	s.h.do(func() error { return s.h.host.Delete(s.id, s.at(&key)) })
}

// All goes through the entries as they are when the loop begins, in an order that
// is the same each time, but not that of the keys.
func (s *MapState[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		s.h.do(func() error {
			err := s.h.host.Each(s.id, func(sub, b []byte) bool {
				var key K
				rest, ok := s.keys.readKey(sub, reflect.ValueOf(&key).Elem())
				if !ok || len(rest) > 0 {
					s.h.fail(fmt.Errorf("state %q: %w", s.h.states[s.id].Name, errStateBytes))
					return false
				}
				v, ok := s.value(b)
				return ok && yield(key, v)
			})
			return errors.Join(err, s.h.err)
		})
	}
}
