package operator

import (
	"bytes"

	"github.com/riffledata/riffle/exec/batch"
)

// Live makes rows leave the table once they were not given for so long; 0: never.
// It is to be called before Attach. A row that is given again as it is counts.
func (u *UpsertState) Live(life Lifetime) { u.changes.life, u.changes.space = life, UpsertSpace }

// Begin sets the time of the batch that Stream is called for next.
func (u *UpsertState) Begin(now int64) { u.now = now }

// NextTime is a time before which no row is forgotten; math.MaxInt64 where there
// is none.
func (u *UpsertState) NextTime() int64 { return u.changes.next() }

// Rollback forgets what is known beside the table, whose store has undone a batch.
func (u *UpsertState) Rollback() { u.changes.reset() }

func (u *UpsertState) touch(key []byte) error {
	if u.changes.life == 0 {
		return nil
	}
	return u.changes.touch(key)
}

func (u *UpsertState) delete(key []byte) error {
	if u.changes.life > 0 {
		if err := u.changes.remove(key); err != nil {
			return err
		}
	}
	return u.table.Delete(key)
}

// forget takes rows out of the table whose time has come.
func (s *upsertStream) forget() error {
	u := s.u
	if err := u.changes.begin(u.now); err != nil || u.changes.life == 0 {
		return err
	}
	keys, err := u.changes.forget(u.now)
	if err != nil {
		return err
	}
	var rows [][]byte
	for i := range keys.len() {
		row, err := u.table.Get(keys.at(i))
		if err != nil {
			return err
		}
		if row == nil {
			continue
		}
		u.removed++
		if rows = append(rows, bytes.Clone(row)); len(rows) == batch.MaxRows {
			if err := s.takeBack(rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
		if err := u.table.Delete(keys.at(i)); err != nil {
			return err
		}
	}
	return s.takeBack(rows)
}

// takeBack gives rows with the change -1.
func (s *upsertStream) takeBack(rows [][]byte) error {
	if len(rows) == 0 || s.u.emit == EmitComplete {
		return nil
	}
	cols, err := s.u.codec.Decode(rows)
	if err != nil {
		return err
	}
	b := newBatch(s.u.schema, cols, len(rows))
	b.Changes = minusOnes(len(rows))
	s.out = append(s.out, b)
	return nil
}

// minusOnes are the changes of n rows that go.
func minusOnes(n int) []int8 {
	out := make([]int8, n)
	for i := range out {
		out[i] = -1
	}
	return out
}

// KeyGroups is the number of key groups that have rows with times.
func (u *UpsertState) KeyGroups() (n int64) {
	for _, t := range u.changes.oldest {
		if t != never {
			n++
		}
	}
	return n
}
