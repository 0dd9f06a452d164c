package expr

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/types"
)

// Rebind binds a call whose arguments are those of a call that was bound before,
// with their casts: as they are, or after another expression of the same type
// took the place of one. It refuses where the function would now take other
// arguments or give another type than t. The result can be null where null
// says so, even if the arguments alone would not tell.
func Rebind(c *Call, t types.Type, null bool) (*Call, error) {
	e, err := BindCall(c)
	if err != nil {
		return nil, err
	}
	out := e.(*Call)
	for i, a := range out.Args {
		if !Equal(a, c.Args[i]) {
			return nil, &Error{Pos: c.Pos, Msg: fmt.Sprintf("%s takes %s, not %s", out.Name, a, c.Args[i]), Err: ErrType}
		}
	}
	if !types.Equal(out.t, t) {
		return nil, &Error{Pos: c.Pos, Msg: fmt.Sprintf("%s gives %s, not %s", out, out.t.Name(), t.Name()), Err: ErrType}
	}
	if out.null && !null {
		return nil, &Error{Pos: c.Pos, Msg: out.String() + " can be null", Err: ErrType}
	}
	out.null = null
	return out, nil
}
