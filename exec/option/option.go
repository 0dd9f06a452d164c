package option

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/riffledata/riffle/dataframe/types"
)

// Spec describes one option.
type Spec struct {
	// Key is its name as the documentation writes it. One that ends in "." stands
	// for all keys with that prefix ("kafka.").
	Key string
	// Default is its value where none is given; "" means unset.
	Default string
	// Doc is one sentence on what it does and which values it takes.
	Doc string
}

// Set is a checked set of options.
type Set struct {
	values   map[string]string // by lower-case key
	defaults map[string]string
}

// Error is a mistake in an option: which, what is wrong, and how to mend it.
type Error struct {
	Key string
	Msg string
}

// Error names the option first.
func (e *Error) Error() string { return fmt.Sprintf("option %s: %s", e.Key, e.Msg) }

// Check returns the given options as a set, or an error that names an unknown
// key and the nearest known ones. what names the user of the options: "the
// kafka source".
func Check(what string, given map[string]string, specs []Spec) (Set, error) {
	set := Set{values: map[string]string{}, defaults: map[string]string{}}
	var names, prefixes []string
	for _, s := range specs {
		if strings.HasSuffix(s.Key, ".") {
			prefixes = append(prefixes, strings.ToLower(s.Key))
			continue
		}
		names = append(names, s.Key)
		set.defaults[strings.ToLower(s.Key)] = s.Default
	}
	keys := make([]string, 0, len(given))
	for key := range given {
		keys = append(keys, key)
	}
	sort.Strings(keys) // the first mistake is always the same one
	for _, key := range keys {
		low := strings.ToLower(key)
		if _, known := set.defaults[low]; !known && !hasPrefix(low, prefixes) {
			return Set{}, &Error{key, fmt.Sprintf("%s has no such option%s", what, hint(key, names))}
		}
		set.values[low] = given[key]
	}
	return set, nil
}

func hasPrefix(key string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(key, p) && len(key) > len(p) {
			return true
		}
	}
	return false
}

func hint(key string, names []string) string {
	if near := types.Nearest(key, names); len(near) > 0 {
		return "; did you mean " + strings.Join(near, " or ") + "?"
	}
	sort.Strings(names)
	if len(names) == 0 {
		return "; it takes none"
	}
	return "; it takes " + strings.Join(names, ", ")
}

// Get returns an option's value, or its default; "" where it has neither.
func (s Set) Get(key string) string {
	low := strings.ToLower(key)
	if v, ok := s.values[low]; ok {
		return v
	}
	return s.defaults[low]
}

// Given tells whether the user gave the option.
func (s Set) Given(key string) bool { _, ok := s.values[strings.ToLower(key)]; return ok }

// WithPrefix returns the given options whose keys begin with prefix, without
// it, in lower case.
func (s Set) WithPrefix(prefix string) map[string]string {
	out := map[string]string{}
	for key, v := range s.values {
		if rest, ok := strings.CutPrefix(key, strings.ToLower(prefix)); ok {
			out[rest] = v
		}
	}
	return out
}

// Int returns a whole number of at least low; 0 and no error where unset.
func (s Set) Int(key string, low int64) (int64, error) {
	text := s.Get(key)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < low {
		return 0, &Error{key, fmt.Sprintf("%q is not a whole number of at least %d", text, low)}
	}
	return n, nil
}

// Bool returns true or false; false and no error where unset.
func (s Set) Bool(key string) (bool, error) {
	switch text := strings.ToLower(strings.TrimSpace(s.Get(key))); text {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	default:
		return false, &Error{key, fmt.Sprintf("%q is not true or false", s.Get(key))}
	}
}

// Duration returns a time span such as "500ms", "10s" or "2 minutes"; 0 and no
// error where unset.
func (s Set) Duration(key string) (time.Duration, error) {
	text := s.Get(key)
	if text == "" {
		return 0, nil
	}
	d, err := types.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, &Error{key, fmt.Sprintf("%q is not a time span; write 500ms, 10s or 2 minutes", text)}
	}
	return d, nil
}

// OneOf returns the option in the spelling of the one of values that it equals
// in any case.
func (s Set) OneOf(key string, values ...string) (string, error) {
	text := s.Get(key)
	for _, v := range values {
		if strings.EqualFold(strings.TrimSpace(text), v) {
			return v, nil
		}
	}
	return "", &Error{key, fmt.Sprintf("%q is not one of %s", text, strings.Join(values, ", "))}
}
