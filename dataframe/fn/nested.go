package fn

// Array is an array of the values.
func Array(values ...any) Column { return call("array", values...) }

// Map is a map of the entries, keys and values by turns. A key that is null or
// occurs twice is an error.
func Map(keysAndValues ...any) Column { return call("map", keysAndValues...) }

// MapKeys is the keys of a map, as an array.
func MapKeys(m Column) Column { return call("map_keys", m) }

// MapValues is the values of a map, in the order of its keys, as an array.
func MapValues(m Column) Column { return call("map_values", m) }

// Size is the number of elements or entries.
func Size(x Column) Column { return call("size", x) }

// ElementAt is the element of an array at a place counted from 1, or from the
// end where it is negative; beyond the ends an error. Of a map it is the value
// of a key, or null.
func ElementAt(x Column, key any) Column { return call("element_at", x, key) }

// TryElementAt is ElementAt that gives null beyond the ends of an array.
func TryElementAt(x Column, key any) Column { return call("try_element_at", x, key) }

// Get is the element of an array at a place counted from 0; null beyond the
// ends.
func Get(array Column, index any) Column { return call("get", array, index) }

// ArrayContains is whether an element equals the value; else null where one is
// null.
func ArrayContains(array Column, value any) Column { return call("array_contains", array, value) }
