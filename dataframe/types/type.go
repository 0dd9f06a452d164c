package types

// Type is a data type. Types are immutable values; compare them with Equal.
type Type interface {
	// Name is the type as SQL and schema text write it: "bigint",
	// "decimal(10,2)", "array<string>", "struct<a:int,b:string>". Spark calls it
	// the catalog string.
	Name() string
	// TreeName is the short word that printSchema uses: "long", "integer",
	// "array", "struct".
	TreeName() string
}

// Basic is a type without parameters.
type Basic struct{ name, tree string }

// Name returns the SQL name of the type.
func (b *Basic) Name() string { return b.name }

// TreeName returns the word printSchema uses for the type.
func (b *Basic) TreeName() string { return b.tree }

// The types without parameters. The comment gives the Go type of a value in a
// Row, then the Arrow type of a column.
var (
	Void         = &Basic{"void", "void"}                   // nil, null: the type of a bare NULL
	Boolean      = &Basic{"boolean", "boolean"}             // bool, bool
	Byte         = &Basic{"tinyint", "byte"}                // int8, int8
	Short        = &Basic{"smallint", "short"}              // int16, int16
	Int          = &Basic{"int", "integer"}                 // int32, int32
	Long         = &Basic{"bigint", "long"}                 // int64, int64
	Float        = &Basic{"float", "float"}                 // float32, float32
	Double       = &Basic{"double", "double"}               // float64, float64
	String       = &Basic{"string", "string"}               // string, utf8
	Binary       = &Basic{"binary", "binary"}               // []byte, binary
	Date         = &Basic{"date", "date"}                   // types.Day, date32: days since 1970-01-01
	Timestamp    = &Basic{"timestamp", "timestamp"}         // time.Time in UTC, timestamp(us, UTC)
	TimestampNTZ = &Basic{"timestamp_ntz", "timestamp_ntz"} // time.Time without a zone, timestamp(us)
	Interval     = &Basic{"interval", "interval"}           // types.Duration, month_day_nano
)

// Equal tells whether two types are the same, nested nullability included.
func Equal(a, b Type) bool {
	switch x := a.(type) {
	case *Basic:
		return a == b
	case Decimal:
		y, ok := b.(Decimal)
		return ok && x == y
	case Array:
		y, ok := b.(Array)
		return ok && x.ContainsNull == y.ContainsNull && Equal(x.Elem, y.Elem)
	case Map:
		y, ok := b.(Map)
		return ok && x.ValueContainsNull == y.ValueContainsNull && Equal(x.Key, y.Key) && Equal(x.Value, y.Value)
	case Struct:
		y, ok := b.(Struct)
		return ok && equalFields(x.Fields, y.Fields, true)
	}
	return false
}

// SameShape tells whether two types hold the same values, whatever they say of
// nulls inside: array<int> with and without null elements have the same shape.
func SameShape(a, b Type) bool {
	switch x := a.(type) {
	case Array:
		y, ok := b.(Array)
		return ok && SameShape(x.Elem, y.Elem)
	case Map:
		y, ok := b.(Map)
		return ok && SameShape(x.Key, y.Key) && SameShape(x.Value, y.Value)
	case Struct:
		y, ok := b.(Struct)
		return ok && equalFields(x.Fields, y.Fields, false)
	}
	return Equal(a, b)
}

func equalFields(a, b []Field, nulls bool) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Name != b[i].Name || nulls && a[i].Nullable != b[i].Nullable {
			return false
		}
		if nulls && !Equal(a[i].Type, b[i].Type) || !nulls && !SameShape(a[i].Type, b[i].Type) {
			return false
		}
	}
	return true
}
