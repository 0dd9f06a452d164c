package wire

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

func (e *encoder) exprs(list []expr.Expr) ([]*pb.Expr, error) {
	out := make([]*pb.Expr, len(list))
	for i, x := range list {
		m, err := e.expr(x)
		if err != nil {
			return nil, err
		}
		out[i] = m
	}
	return out, nil
}

// expr is the one switch from expressions to messages. Names, stars and
// extractions have no arm: binding replaces them.
func (e *encoder) expr(x expr.Expr) (*pb.Expr, error) {
	if err := e.depth.enter(); err != nil {
		return nil, err
	}
	defer e.depth.leave()
	switch x := x.(type) {
	case *expr.Ref:
		return e.ref(x)
	case *expr.Literal:
		return e.literal(x)
	case *expr.Alias:
		child, err := e.expr(x.Child)
		return &pb.Expr{Kind: &pb.Expr_Alias_{Alias: &pb.Expr_Alias{Child: child, Name: x.Name}}}, err
	case *expr.Call:
		return e.call(x)
	case *expr.Cast:
		return e.cast(x)
	case *expr.Field:
		child, err := e.expr(x.Child)
		if err != nil {
			return nil, err
		}
		at, err := number(x.Index)
		return &pb.Expr{Kind: &pb.Expr_Field_{Field: &pb.Expr_Field{Child: child, Index: at}}}, err
	case *expr.Order:
		child, err := e.expr(x.Child)
		return &pb.Expr{Kind: &pb.Expr_Order_{Order: &pb.Expr_Order{Child: child, Desc: x.Desc, NullsFirst: x.NullsFirst}}}, err
	}
	return nil, fmt.Errorf("%s (%T) is not bound; plans are made by the New functions of package plan", x, x)
}

func (e *encoder) ref(x *expr.Ref) (*pb.Expr, error) {
	at, err := number(x.Index)
	if err != nil {
		return nil, err
	}
	t, err := e.numberOf(x.T)
	return &pb.Expr{Kind: &pb.Expr_Ref_{Ref: &pb.Expr_Ref{Index: at, Name: x.Name, Type: t, Nullable: x.Null}}}, err
}

func (e *encoder) call(x *expr.Call) (*pb.Expr, error) {
	if x.Function() == nil {
		return nil, fmt.Errorf("%s is not bound; plans are made by the New functions of package plan", x)
	}
	args, err := e.exprs(x.Args)
	if err != nil {
		return nil, err
	}
	t, err := e.numberOf(x.Type())
	if err != nil {
		return nil, err
	}
	pos, err := number(x.Pos)
	return &pb.Expr{Kind: &pb.Expr_Call_{Call: &pb.Expr_Call{Function: x.Name, Args: args, Distinct: x.Distinct,
		Type: t, Nullable: x.Nullable(), Pos: pos}}}, err
}

func (e *encoder) cast(x *expr.Cast) (*pb.Expr, error) {
	child, err := e.expr(x.Child)
	if err != nil {
		return nil, err
	}
	to, err := e.numberOf(x.To)
	if err != nil {
		return nil, err
	}
	pos, err := number(x.Pos)
	return &pb.Expr{Kind: &pb.Expr_Cast_{Cast: &pb.Expr_Cast{Child: child, To: to, Try: x.Try, Pos: pos}}}, err
}
