package operator

import (
	"github.com/riffledata/riffle/exec/batch"
	"github.com/riffledata/riffle/exec/state"
)

// Dump writes all groups into an empty table, as Attach takes them, between two
// batches. The table is only set.
func (s *AggregateState) Dump(t state.Table) error {
	codec, table, times := s.codec, s.table, s.lives.table
	defer func() { s.codec, s.table, s.lives.table = codec, table, times }()
	s.lives.table = nil // write is to note no changes
	var err error
	if s.table = t; s.codec == nil {
		if s.codec, err = newGroupCodec(s.agg); err != nil {
			return err
		}
	}
	var ids []uint32
	for g := range s.groups.len() {
		if s.exists(uint32(g)) && (len(s.agg.keys) > 0 || s.shown) {
			ids = append(ids, uint32(g))
		}
	}
	if err := s.dumpValues(ids); err != nil {
		return err
	}
	if err := s.eachKey(ids, s.write); err != nil || len(s.agg.keys) == 0 {
		return err
	}
	if err := s.lives.dump(s, ids, t); err != nil {
		return err
	}
	return (&groupCount{}).write(t, s.stats.Rows)
}

// dumpValues writes the entries of groups, those of some groups at a time.
func (s *AggregateState) dumpValues(ids []uint32) error {
	for k := range s.agg.kept {
		for from := 0; from < len(ids); from += batch.MaxRows {
			list := s.groups.values(k).all(ids[from:min(from+batch.MaxRows, len(ids))])
			there := list.only(func(i int) bool { return list.times[i] != 0 })
			if err := s.setValues(k, there); err != nil {
				return err
			}
		}
	}
	return nil
}

// Dump writes all parts into an empty table, as Attach takes them, between two
// batches. The table is only set.
func (s *SessionState) Dump(t state.Table) error { return s.parts.Dump(t) }
