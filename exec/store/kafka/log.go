package kafka

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// cached is the most bytes of an object that are kept in memory.
const cached = 64 << 10

// The first byte of a value.
const (
	more = 'm' // pieces follow
	last = 'l'
)

// object is one attempt to create a name.
type object struct {
	id string
	// offsets are those of its pieces, in order; data are all bytes where they are
	// few and complete, else nil.
	offsets  []int64
	data     []byte
	complete bool
}

// log is what the records mean: the attempts of each name, in the order in which they
// became complete, those that are not last.
type log struct{ objects map[string][]*object }

func newLog() log { return log{map[string][]*object{}} }

func key(name, id string, piece int) []byte {
	return fmt.Appendf(nil, "%s\n%s\n%d", name, id, piece)
}

// add takes the next record of the log. Records of others are an error: the topic
// belongs to something else.
func (l *log) add(r *kgo.Record) error {
	parts := strings.Split(string(r.Key), "\n")
	piece := -1
	if len(parts) == 3 {
		if n, err := strconv.Atoi(parts[2]); err == nil {
			piece = n
		}
	}
	if piece < 0 || r.Value != nil && (len(r.Value) == 0 || r.Value[0] != more && r.Value[0] != last) {
		return fmt.Errorf("the record at offset %d is none of a checkpoint; give the checkpoint a topic of its own", r.Offset)
	}
	name, id := parts[0], parts[1]
	if r.Value == nil {
		l.remove(name, id)
		return nil
	}
	o := l.attempt(name, id)
	if piece != len(o.offsets) || o.complete {
		return nil // pieces before it are compacted away: tombstones follow
	}
	o.offsets = append(o.offsets, r.Offset)
	if o.complete = r.Value[0] == last; o.complete {
		l.completed(name, o)
	}
	if o.complete && len(o.offsets) == 1 && len(r.Value) <= cached {
		o.data = append([]byte{}, r.Value[1:]...)
	}
	return nil
}

func (l *log) attempt(name, id string) *object {
	for _, o := range l.objects[name] {
		if o.id == id {
			return o
		}
	}
	o := &object{id: id}
	l.objects[name] = append(l.objects[name], o)
	return o
}

// completed moves an attempt behind those that were complete before.
func (l *log) completed(name string, o *object) {
	all := slices.DeleteFunc(l.objects[name], func(x *object) bool { return x == o })
	at := slices.IndexFunc(all, func(x *object) bool { return !x.complete })
	if at < 0 {
		at = len(all)
	}
	l.objects[name] = slices.Insert(all, at, o)
}

func (l *log) remove(name, id string) {
	left := slices.DeleteFunc(l.objects[name], func(o *object) bool { return o.id == id })
	if len(left) == 0 {
		delete(l.objects, name)
		return
	}
	l.objects[name] = left
}

// winner returns the first complete attempt of a name, or nil.
func (l *log) winner(name string) *object {
	if all := l.objects[name]; len(all) > 0 && all[0].complete {
		return all[0]
	}
	return nil
}

// attempts returns those of a name, the winner last.
func (l *log) attempts(name string) []*object {
	all := slices.Clone(l.objects[name])
	slices.Reverse(all)
	return all
}

func (l *log) names(prefix string) []string {
	var names []string
	for name := range l.objects {
		if strings.HasPrefix(name, prefix) && l.winner(name) != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
