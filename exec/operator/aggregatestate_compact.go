package operator

import "github.com/riffledata/riffle/exec/batch"

// fewGone is the number of groups that have gone up to which their memory is not
// worth the work of getting it back.
const fewGone = 4096

// compact moves the groups to memory of their own once most of them have gone.
// Their order stays.
func (s *AggregateState) compact() error {
	p := s.groups.places
	if p == nil || p.gone < fewGone || 2*p.gone < len(p.keys) {
		return nil
	}
	fresh, err := s.newGroups()
	if err != nil {
		return err
	}
	fresh.places = &places{}
	var ids []uint32
	move := func() error {
		err := s.groups.copyTo(fresh, ids)
		ids = ids[:0]
		return err
	}
	for g := range p.keys {
		if p.has(uint32(g)) {
			ids = append(ids, uint32(g))
		}
		if len(ids) == batch.MaxRows {
			if err := move(); err != nil {
				return err
			}
		}
	}
	if len(ids) > 0 {
		if err := move(); err != nil {
			return err
		}
	}
	for _, acc := range fresh.accs {
		acc.Commit()
	}
	s.renumber()
	s.groups, s.stamp = fresh, nil
	return nil
}

// renumber gives the groups in the index the places that they have after those
// that have gone are left out.
func (s *AggregateState) renumber() {
	p := s.groups.places
	to, n := make([]uint32, len(p.keys)), uint32(0)
	for g := range p.keys {
		if to[g] = n; p.has(uint32(g)) {
			n++
		}
	}
	s.lives.renumber(p)
	s.times.n = 0
	for _, t := range s.times.times {
		kept := s.times.groups[t][:0]
		for _, g := range s.times.groups[t] {
			if p.has(g) {
				kept = append(kept, to[g])
			}
		}
		s.times.groups[t] = kept
		s.times.n += len(kept)
	}
}
