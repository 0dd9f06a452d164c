package types

// AsNullable returns a type in which everything may be null: fields, elements
// and the values of maps. It is what parsed data has, whatever was declared.
func AsNullable(t Type) Type {
	switch t := t.(type) {
	case Array:
		return Array{Elem: AsNullable(t.Elem), ContainsNull: true}
	case Map:
		return Map{Key: t.Key, Value: AsNullable(t.Value), ValueContainsNull: true}
	case Struct:
		return t.Schema().AsNullable().Struct()
	}
	return t
}

// AsNullable returns the schema with every column, and everything in it,
// nullable.
func (s *Schema) AsNullable() *Schema {
	fields := make([]Field, len(s.fields))
	for i, f := range s.fields {
		fields[i] = Field{Name: f.Name, Type: AsNullable(f.Type), Nullable: true}
	}
	return NewSchema(fields...)
}
