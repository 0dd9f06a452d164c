package store

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNoSpace is wrapped by the error of a store that is full. Nothing that counts
// was left behind: after space has been made, the same call works.
var ErrNoSpace = errors.New("no space left")

// MaxName is the most bytes of a name.
const MaxName = 512

// CheckName refuses what is no name: parts of letters, digits, '.', '-' and '_',
// joined by '/'. No part begins with a dot: such files belong to the store.
func CheckName(name string) error {
	if name == "" || len(name) > MaxName {
		return fmt.Errorf("%q is no name of an object: names have 1 to %d bytes", name, MaxName)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part[0] == '.' || len(part) > 200 {
			return fmt.Errorf("%q is no name of an object: a part has 1 to 200 bytes and does not begin with a dot", name)
		}
		for i := range len(part) {
			if !letter(part[i]) {
				return fmt.Errorf("%q is no name of an object: use letters, digits, '.', '-' and '_', and '/' between parts", name)
			}
		}
	}
	return nil
}

// CheckPrefix refuses what List cannot take: a prefix is empty, or a name and '/'.
func CheckPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	name, ok := strings.CutSuffix(prefix, "/")
	if !ok {
		return fmt.Errorf("%q is no prefix of names: end it with '/', or give none for all names", prefix)
	}
	return CheckName(name)
}

func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_'
}
