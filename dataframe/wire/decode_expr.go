package wire

import (
	"errors"
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

func (d *decoder) exprs(list []*pb.Expr, in *types.Schema) ([]expr.Expr, error) {
	if len(list) == 0 {
		return nil, nil
	}
	out := make([]expr.Expr, len(list))
	for i, m := range list {
		e, err := d.expr(m, in)
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}

// expr is the one switch from messages to expressions over the columns of in.
// Sort keys are no values: sort reads them.
func (d *decoder) expr(m *pb.Expr, in *types.Schema) (expr.Expr, error) {
	if err := d.depth.enter(); err != nil {
		return nil, err
	}
	defer d.depth.leave()
	switch k := m.GetKind().(type) {
	case *pb.Expr_Ref_:
		return d.ref(k.Ref, in)
	case *pb.Expr_Literal_:
		return d.literal(k.Literal)
	case *pb.Expr_Alias_:
		child, err := d.expr(k.Alias.GetChild(), in)
		return &expr.Alias{Child: child, Name: k.Alias.GetName()}, err
	case *pb.Expr_Call_:
		return d.call(k.Call, in)
	case *pb.Expr_Cast_:
		return d.cast(k.Cast, in)
	case *pb.Expr_Field_:
		return d.field(k.Field, in)
	case *pb.Expr_Order_:
		return nil, fmt.Errorf("a sort key inside an expression")
	}
	return nil, unknown("an expression")
}

func (d *decoder) ref(m *pb.Expr_Ref, in *types.Schema) (expr.Expr, error) {
	t, err := d.typeAt(m.GetType())
	if err != nil {
		return nil, err
	}
	if int64(m.GetIndex()) >= int64(in.Len()) {
		return nil, fmt.Errorf("column %d (%s) of an input of %d", m.GetIndex(), types.QuoteIfNeeded(m.GetName()), in.Len())
	}
	i := int(m.GetIndex())
	if is := in.Field(i).Type; !types.SameShape(is, t) {
		return nil, fmt.Errorf("column %d (%s) is %s, not %s", i, types.QuoteIfNeeded(m.GetName()), is.Name(), t.Name())
	}
	return &expr.Ref{Index: i, Name: m.GetName(), T: t, Null: m.GetNullable()}, nil
}

func (d *decoder) call(m *pb.Expr_Call, in *types.Schema) (expr.Expr, error) {
	args, err := d.exprs(m.GetArgs(), in)
	if err != nil {
		return nil, err
	}
	t, err := d.typeAt(m.GetType())
	if err != nil {
		return nil, err
	}
	c := &expr.Call{Name: m.GetFunction(), Args: args, Distinct: m.GetDistinct(), Pos: int(m.GetPos())}
	out, err := expr.Rebind(c, t, m.GetNullable())
	if errors.Is(err, expr.ErrUnknownFunction) {
		return nil, fmt.Errorf("%w here; a user-defined function must be registered in a package variable with fn.UDF, in every program that runs the plan", err)
	}
	if err != nil {
		return nil, err
	}
	if fn := out.Function(); fn.Kind == expr.Windowing {
		return nil, fmt.Errorf("%s stands in no plan: a node makes its rows", out)
	}
	return out, nil
}

func (d *decoder) cast(m *pb.Expr_Cast, in *types.Schema) (expr.Expr, error) {
	child, err := d.expr(m.GetChild(), in)
	if err != nil {
		return nil, err
	}
	to, err := d.typeAt(m.GetTo())
	if err != nil {
		return nil, err
	}
	c := &expr.Cast{Child: child, To: to, Try: m.GetTry(), Pos: int(m.GetPos())}
	if !expr.Castable(child.Type(), to) {
		return nil, fmt.Errorf("%s is %s, which cannot be cast to %s", child, child.Type().Name(), to.Name())
	}
	return c, nil
}

func (d *decoder) field(m *pb.Expr_Field, in *types.Schema) (expr.Expr, error) {
	child, err := d.expr(m.GetChild(), in)
	if err != nil {
		return nil, err
	}
	st, ok := child.Type().(types.Struct)
	if !ok || int64(m.GetIndex()) >= int64(len(st.Fields)) {
		return nil, fmt.Errorf("%s is %s and has no field %d", child, child.Type().Name(), m.GetIndex())
	}
	return &expr.Field{Child: child, Index: int(m.GetIndex())}, nil
}
