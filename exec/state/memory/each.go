package memory

// Each calls f for each pair of an operator's keyed tables, ordered by key, as the
// last commit left it. It is called between two batches. Pairs are valid until f
// returns.
func (s *Store) Each(operator string, f func(key, value []byte) error) error {
	for _, m := range s.tables {
		if t, ok := m.table.(*keyed); ok && m.operator == operator {
			if err := t.tree.Scan(nil, nil, f); err != nil {
				return err
			}
		}
	}
	return nil
}
