package exec

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/optimize"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/dataframe/wire"
	"github.com/riffledata/riffle/exec/kernel"
)

// optimize rewrites a plan, folding constants with the engine's own kernels.
func (l *local) optimize(n plan.Node, conf engine.Conf) (plan.Node, error) {
	if l.plain {
		return n, nil
	}
	fold := func(e expr.Expr) (*expr.Literal, error) { return foldConstant(e, conf) }
	return optimize.Optimize(n, optimize.Options{Fold: fold})
}

// foldConstant computes an expression that has no columns.
func foldConstant(e expr.Expr, conf engine.Conf) (*expr.Literal, error) {
	ev, err := kernel.Compile(e)
	if err != nil {
		return nil, err
	}
	none := array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, 1)
	v, err := ev.Eval(&kernel.Env{ANSI: conf.ANSI(), Zone: conf.Zone()}, none, kernel.Rows{N: 1})
	if err != nil {
		return nil, err
	}
	switch value := types.Value(v.Array, 0).(type) {
	case []any, map[any]any, types.Row:
		return nil, fmt.Errorf("%s has no literal", e.Type().Name())
	default:
		return &expr.Literal{Value: value, T: e.Type()}, nil
	}
}

// travel optimizes a query and sends it through its encoded form.
func (l *local) travel(w *plan.Write, conf engine.Conf) (*plan.Write, engine.Conf, error) {
	best, err := l.optimize(w.Input, conf)
	if err != nil {
		return nil, conf, err
	}
	sent := *w
	sent.Input = best
	bytes, err := wire.EncodeWrite(&sent, conf.Values())
	if err != nil {
		return nil, conf, err
	}
	got, values, err := wire.DecodeWrite(bytes)
	if err != nil {
		return nil, conf, err
	}
	conf, err = engine.ConfOf(values)
	return got, conf, err
}

// travelBatch is travel for a plan that is run once.
func (l *local) travelBatch(n plan.Node, conf engine.Conf) (plan.Node, engine.Conf, error) {
	best, err := l.optimize(n, conf)
	if err != nil {
		return nil, conf, err
	}
	bytes, err := wire.EncodePlan(best, conf.Values())
	if err != nil {
		return nil, conf, err
	}
	got, values, err := wire.DecodePlan(bytes)
	if err != nil {
		return nil, conf, err
	}
	conf, err = engine.ConfOf(values)
	return got, conf, err
}
