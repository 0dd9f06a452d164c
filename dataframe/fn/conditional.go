package fn

// Coalesce is the first argument that is not null, else null.
func Coalesce(values ...any) Column { return call("coalesce", values...) }

// Nvl is x, or otherwise where x is null.
func Nvl(x Column, otherwise any) Column { return call("nvl", x, otherwise) }

// Nvl2 is notNull where x is not null, else null.
func Nvl2(x Column, notNull, null any) Column { return call("nvl2", x, notNull, null) }

// NullIf is x, or null where it equals y.
func NullIf(x Column, y any) Column { return call("nullif", x, y) }

// If is then where the condition is true, else otherwise.
func If(condition Column, then, otherwise any) Column { return call("if", condition, then, otherwise) }

// IsNull is true where the value is null; never null.
func IsNull(x Column) Column { return call("isnull", x) }

// IsNotNull is true where the value is not null; never null.
func IsNotNull(x Column) Column { return call("isnotnull", x) }

// IsNaN is true where the value is NaN; false for null.
func IsNaN(x Column) Column { return call("isnan", x) }

// Not is true for false and the other way round.
func Not(x Column) Column { return call("not", x) }
