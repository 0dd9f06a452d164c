package expr

import (
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
)

// Name is a column by name, not yet resolved: a, t.a, data.query. A dot inside
// one part belongs to the name itself (`id.orig_h`).
type Name struct {
	Parts []string
	// Pos is the place in the SQL text, counted from 1; 0 where there is none.
	Pos int
}

// ParseName reads a name as the API takes it: parts divided by dots, a part in
// backquotes taken as it is, two backquotes inside standing for one.
func ParseName(text string) (*Name, error) {
	var parts []string
	for rest := text; ; {
		part, tail, err := cutPart(rest)
		if err != nil || part == "" {
			return nil, &Error{Msg: "bad column name " + quoted(text),
				Fix: "write parts divided by dots, and put a name that holds other signs in backquotes", Err: ErrSyntax}
		}
		parts = append(parts, part)
		if tail == "" {
			return &Name{Parts: parts}, nil
		}
		rest = tail[1:]
	}
}

func cutPart(s string) (part, tail string, err error) {
	if !strings.HasPrefix(s, "`") {
		i := strings.IndexAny(s, ".`")
		if i >= 0 && s[i] == '`' {
			return "", "", ErrSyntax
		}
		if i < 0 {
			return s, "", nil
		}
		return s[:i], s[i:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != '`':
			b.WriteByte(s[i])
		case i+1 < len(s) && s[i+1] == '`':
			b.WriteByte('`')
			i++
		case i+1 == len(s) || s[i+1] == '.':
			return b.String(), s[i+1:], nil
		default:
			return "", "", ErrSyntax
		}
	}
	return "", "", ErrSyntax
}

// String returns the name with its parts quoted where needed.
func (n *Name) String() string {
	parts := make([]string, len(n.Parts))
	for i, p := range n.Parts {
		parts[i] = types.QuoteIfNeeded(p)
	}
	return strings.Join(parts, ".")
}

// Children returns none.
func (n *Name) Children() []Expr { return nil }

// WithChildren returns the name itself.
func (n *Name) WithChildren([]Expr) Expr { return n }

// Type is nil: a name is not bound.
func (n *Name) Type() types.Type { return nil }

// Nullable is true: nothing is known.
func (n *Name) Nullable() bool { return true }
