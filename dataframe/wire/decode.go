package wire

import (
	"fmt"
	"time"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/dataframe/wire/pb"
)

// decoder knows the types that expressions refer to.
type decoder struct {
	types []types.Type
	depth depth
}

func newDecoder(env *pb.Envelope) (*decoder, error) {
	d := &decoder{}
	for _, m := range env.Types {
		t, err := d.typ(m)
		if err != nil {
			return nil, err
		}
		d.types = append(d.types, t)
	}
	return d, nil
}

func (d *decoder) typeAt(n uint32) (types.Type, error) {
	if int64(n) >= int64(len(d.types)) {
		return nil, fmt.Errorf("type %d of %d", n, len(d.types))
	}
	return d.types[n], nil
}

func (d *decoder) write(m *pb.Write) (*plan.Write, error) {
	in, err := d.node(m.GetInput())
	if err != nil {
		return nil, err
	}
	w := &plan.Write{Input: in, Format: m.GetFormat(), Options: m.GetOptions(), Mode: plan.OutputMode(m.GetMode()), QueryName: m.GetQueryName(),
		Trigger: plan.Trigger{Kind: plan.TriggerKind(m.GetTrigger()), Interval: time.Duration(m.GetIntervalNanos())}}
	w.Quarantine, w.Late, w.Checkpoint = sideSinkOf(m.GetQuarantine()), sideSinkOf(m.GetLate()), m.GetCheckpoint()
	switch w.Mode {
	case plan.Append, plan.Update, plan.Complete:
	default:
		return nil, fmt.Errorf("no output mode %q", w.Mode)
	}
	switch w.Trigger.Kind {
	case plan.AsSoonAsPossible, plan.ProcessingTime, plan.AvailableNow, plan.Once:
	default:
		return nil, fmt.Errorf("no trigger %q", w.Trigger.Kind)
	}
	return w, nil
}

func sideSinkOf(m *pb.SideSink) *plan.SideSink {
	if m == nil {
		return nil
	}
	return &plan.SideSink{Format: m.GetFormat(), Options: m.GetOptions(), Name: m.GetName()}
}

// node is the one switch from messages to plan nodes.
func (d *decoder) node(m *pb.Node) (plan.Node, error) {
	if err := d.depth.enter(); err != nil {
		return nil, err
	}
	defer d.depth.leave()
	switch k := m.GetKind().(type) {
	case *pb.Node_Scan_:
		return d.scan(k.Scan)
	case *pb.Node_Local_:
		s, err := d.schema(k.Local.GetSchema())
		return plan.NewLocal(s, k.Local.GetIpc()), err
	case *pb.Node_Table_:
		s, err := d.schema(k.Table.GetSchema())
		return plan.NewTable(k.Table.GetName(), s), err
	case *pb.Node_Project_:
		return d.project(k.Project)
	case *pb.Node_Filter_:
		return d.filter(k.Filter)
	case *pb.Node_Aggregate_:
		return d.aggregate(k.Aggregate)
	case *pb.Node_Distinct_:
		in, err := d.node(k.Distinct.GetInput())
		if err != nil {
			return nil, err
		}
		return plan.NewDistinct(in)
	case *pb.Node_Sort_:
		return d.sort(k.Sort)
	case *pb.Node_Limit_:
		in, err := d.node(k.Limit.GetInput())
		if err != nil {
			return nil, err
		}
		return plan.NewLimit(in, k.Limit.GetRows(), k.Limit.GetOffset())
	case *pb.Node_Union_:
		return d.union(k.Union)
	case *pb.Node_Alias_:
		in, err := d.node(k.Alias.GetInput())
		return &plan.Alias{Input: in, Name: k.Alias.GetName()}, err
	case *pb.Node_Join_:
		return d.join(k.Join)
	case *pb.Node_Upsert_:
		return d.upsert(k.Upsert)
	case *pb.Node_AsChanges_:
		return d.asChanges(k.AsChanges)
	case *pb.Node_Process_:
		return d.process(k.Process)
	case *pb.Node_Watermark_:
		return d.watermark(k.Watermark)
	case *pb.Node_TimeWindow_:
		return d.timeWindow(k.TimeWindow)
	case *pb.Node_Dedup_:
		return d.dedup(k.Dedup)
	}
	return nil, unknown("a plan node")
}

func (d *decoder) scan(m *pb.Node_Scan) (plan.Node, error) {
	full, err := d.schema(m.GetFull())
	if err != nil {
		return nil, err
	}
	var declared *types.Schema
	if m.GetDeclared() != nil {
		if declared, err = d.schema(m.GetDeclared()); err != nil {
			return nil, err
		}
	}
	s := plan.NewScan(m.GetFormat(), m.GetOptions(), declared, full, m.GetStreaming())
	if m.GetColumns() == nil {
		return s, nil
	}
	cols := make([]int, len(m.GetColumns().GetIndex()))
	for i, c := range m.GetColumns().GetIndex() {
		if int64(c) >= int64(full.Len()) || i > 0 && int(c) <= cols[i-1] {
			return nil, fmt.Errorf("a scan of the columns %v of %d", m.GetColumns().GetIndex(), full.Len())
		}
		cols[i] = int(c)
	}
	return s.Pruned(cols), nil
}

func (d *decoder) project(m *pb.Node_Project) (plan.Node, error) {
	in, err := d.node(m.GetInput())
	if err != nil {
		return nil, err
	}
	list, err := d.exprs(m.GetList(), in.Schema())
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if expr.HasAggregate(e) {
			return nil, fmt.Errorf("a projection calls the aggregate %s", e)
		}
	}
	return plan.ProjectOf(in, list), nil
}

func (d *decoder) filter(m *pb.Node_Filter) (plan.Node, error) {
	in, err := d.node(m.GetInput())
	if err != nil {
		return nil, err
	}
	cond, err := d.expr(m.GetCond(), in.Schema())
	if err != nil {
		return nil, err
	}
	if t := cond.Type(); t != types.Boolean && t != types.Void || expr.HasAggregate(cond) {
		return nil, fmt.Errorf("%s is not a condition on rows", cond)
	}
	return &plan.Filter{Input: in, Cond: cond}, nil
}

func (d *decoder) aggregate(m *pb.Node_Aggregate) (plan.Node, error) {
	in, err := d.node(m.GetInput())
	if err != nil {
		return nil, err
	}
	keys, err := d.exprs(m.GetKeys(), in.Schema())
	if err != nil {
		return nil, err
	}
	aggs, err := d.exprs(m.GetAggs(), in.Schema())
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if expr.HasAggregate(k) {
			return nil, fmt.Errorf("the grouping key %s calls an aggregate", k)
		}
	}
	for _, a := range aggs {
		if c, ok := expr.Unalias(a).(*expr.Call); !ok || !c.IsAggregate() || anyAggregate(c.Args) {
			return nil, fmt.Errorf("%s is not a call of an aggregate over rows", a)
		}
	}
	if m.GetSession() == 0 {
		return (&plan.Aggregate{}).Over(in, keys, aggs), nil
	}
	if int64(m.GetSession()) > int64(len(keys)) {
		return nil, fmt.Errorf("the session is key %d of %d", m.GetSession(), len(keys))
	}
	at := int(m.GetSession()) - 1
	if _, ok := expr.WindowOf(keys[at].Type()); !ok {
		return nil, fmt.Errorf("the session %s is no window", keys[at])
	}
	return (&plan.Aggregate{Session: &at}).Over(in, keys, aggs), nil
}

func anyAggregate(list []expr.Expr) bool {
	for _, e := range list {
		if expr.HasAggregate(e) {
			return true
		}
	}
	return false
}

func (d *decoder) sort(m *pb.Node_Sort) (plan.Node, error) {
	in, err := d.node(m.GetInput())
	if err != nil {
		return nil, err
	}
	keys := make([]*expr.Order, len(m.GetKeys()))
	for i, k := range m.GetKeys() {
		o := k.GetOrder()
		if o == nil {
			return nil, fmt.Errorf("a sort key without a direction")
		}
		child, err := d.expr(o.GetChild(), in.Schema())
		if err != nil {
			return nil, err
		}
		if !plan.Orderable(child.Type()) || expr.HasAggregate(child) {
			return nil, fmt.Errorf("%s is not a sort key", child)
		}
		keys[i] = &expr.Order{Child: child, Desc: o.GetDesc(), NullsFirst: o.GetNullsFirst()}
	}
	return &plan.Sort{Input: in, Keys: keys}, nil
}

func (d *decoder) union(m *pb.Node_Union) (plan.Node, error) {
	schema, err := d.schema(m.GetSchema())
	if err != nil {
		return nil, err
	}
	inputs := make([]plan.Node, len(m.GetInputs()))
	if len(inputs) == 0 {
		return nil, fmt.Errorf("a union of nothing")
	}
	for i, c := range m.GetInputs() {
		if inputs[i], err = d.node(c); err != nil {
			return nil, err
		}
		in := inputs[i].Schema()
		same := in.Len() == schema.Len()
		for j := 0; same && j < schema.Len(); j++ {
			same = types.SameShape(in.Field(j).Type, schema.Field(j).Type)
		}
		if !same {
			return nil, fmt.Errorf("input %d of a union is %s, not %s", i+1, in, schema)
		}
	}
	return plan.UnionOf(inputs, schema), nil
}
