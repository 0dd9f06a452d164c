package plan

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// CheckWrite refuses a streaming query whose plan cannot give its result in the
// output mode, before it is started. It names the operator and the way out.
//
// What flows between operators is rows that appear and rows that are taken back,
// and each operator is right under any mix of them. So operators with state may
// stand on each other in any order and number, unions and joins included, and a
// mode says only how changes leave the last of them:
//
//   - append gives rows that are never taken back. A group leaves once the
//     watermark has passed the event time among its keys, a row without a match
//     once its time bounds have passed. Where neither ever happens, the query is
//     refused.
//   - update gives the rows that changed; one that is gone leaves as a deletion.
//     A result without keys, such as a join, shows what is taken back as a change
//     of -1: that a sink cannot show it is for the sink to say.
//   - complete gives the whole result, so that all of it must be state. Nothing is
//     late, and nothing is forgotten.
//
// Spark refuses more: aggregates over aggregates in update and complete, joins and
// duplicates behind or below aggregates outside append, outer joins of streams in
// update, sessions in update, and complete without an aggregate at the top.
func CheckWrite(w *Write) error {
	if err := checkQuery(w); err != nil {
		return err
	}
	if err := checkJoins(w.Input, w.Mode); err != nil {
		return err
	}
	if err := checkSteps(w.Input); err != nil {
		return err
	}
	if err := checkProcessors(w.Input, w.Mode, true); err != nil {
		return err
	}
	switch w.Mode {
	case Append:
		return checkAppend(w.Input)
	case Complete:
		return checkComplete(w.Input)
	}
	return checkEndless(w.Input, w.Mode)
}

// checkQuery refuses what is wrong whatever the plan is.
func checkQuery(w *Write) error {
	switch {
	case !Streaming(w.Input):
		return &expr.Error{Msg: "the dataframe reads no stream", Fix: "read with ReadStream() instead of Read(), or collect the result", Err: expr.ErrType}
	case w.Format == "":
		return &expr.Error{Msg: "no format", Fix: `say where the result goes: Format("memory") or Format("console")`, Err: expr.ErrSyntax}
	case w.Trigger.Interval < 0:
		return &expr.Error{Msg: fmt.Sprintf("a trigger every %v", w.Trigger.Interval), Fix: "give an interval of at least 0", Err: expr.ErrSyntax}
	}
	switch w.Mode {
	case Append, Update, Complete:
		return nil
	}
	return &expr.Error{Msg: fmt.Sprintf("no output mode %q", w.Mode), Fix: "use append, update or complete" + types.DidYouMean(string(w.Mode),
		[]string{"append", "update", "complete"}), Err: expr.ErrSyntax}
}

// checkSteps refuses what no output mode can give, nearest to the sources first.
func checkSteps(n Node) error {
	for _, c := range n.Children() {
		if err := checkSteps(c); err != nil {
			return err
		}
	}
	if !Streaming(n) {
		return nil
	}
	switch n := n.(type) {
	case *Union:
		for _, in := range n.Inputs {
			if !Streaming(in) {
				return &expr.Error{Msg: "a union of a stream with a dataframe that is none: its rows would come again in every batch",
					Fix: "read both sides with ReadStream(), or put them together when you query the result", Err: expr.ErrType}
			}
		}
	case *Watermark:
		if below := stateIn(n.Input); below != nil {
			return &expr.Error{Msg: fmt.Sprintf("%s stands above %s, whose rows may be taken back when they are late already", n, below),
				Fix: "put the watermark on the rows of the source, below it", Err: expr.ErrAggregate}
		}
	}
	return nil
}

// stateIn returns a node with state in a plan, the topmost one, or nil.
func stateIn(n Node) Node {
	var found Node
	Walk(n, func(n Node) bool {
		if found == nil && Stateful(n) {
			found = n
		}
		return found == nil
	})
	return found
}

// checkAppend refuses rows that are never final, and names why they are not.
func checkAppend(n Node) error {
	found := changer(n, Append)
	switch found.(type) {
	case *Upsert, *AsChanges:
		return &expr.Error{Msg: fmt.Sprintf("output mode append is not possible with %s: its rows can always be taken back", found),
			Fix: "use output mode update, or join a stream to it", Err: expr.ErrAggregate}
	}
	a, ok := found.(*Aggregate)
	if !ok {
		return checkEndless(n, Append)
	}
	msg := fmt.Sprintf("output mode append is not possible with the aggregate %s: without a watermark its rows can always change", a)
	fix := `use output mode complete or update, or say how late rows may come with WithWatermark("time", "10 minutes") and group by a window of that time`
	if in := EventTime(a.Input); len(in) > 0 {
		name := types.QuoteIfNeeded(a.Input.Schema().Field(in[0].Index).Name)
		msg = fmt.Sprintf("output mode append is not possible with the aggregate %s: none of its keys is event time, so that its rows can always change", a)
		fix = fmt.Sprintf("group by %s or a window of it, or use output mode complete or update", name)
		if a.Session != nil {
			msg = fmt.Sprintf("output mode append is not possible with the aggregate %s: its sessions are not of event time, so that they can always grow", a)
			fix = fmt.Sprintf("make sessions of %s, or use output mode complete or update", name)
		}
	}
	return &expr.Error{Msg: msg, Fix: fix, Err: expr.ErrAggregate}
}

// checkComplete refuses a result part of which is not kept as state, and an order
// below state, where it would be that of one batch.
func checkComplete(n Node) error {
	if Stateful(n) {
		for _, c := range n.Children() {
			if bad := sorted(c); bad != nil {
				return &expr.Error{Msg: fmt.Sprintf("%s is not possible below %s: it would be that of each batch", bad, aStateful(n)),
					Fix: "sort and limit the result instead", Err: expr.ErrAggregate}
			}
			if err := checkLimits(c, Complete); err != nil {
				return err
			}
		}
		return nil
	}
	if _, leaf := n.(*Scan); leaf {
		return &expr.Error{Msg: "output mode complete needs an aggregate: without one the result would grow forever",
			Fix: "use output mode append", Err: expr.ErrAggregate}
	}
	for _, c := range n.Children() {
		if !Streaming(c) {
			continue
		}
		if err := checkComplete(c); err != nil {
			return err
		}
	}
	return nil
}

// aStateful is what users call a node with state.
func aStateful(n Node) string {
	switch n.(type) {
	case *Aggregate:
		return "an aggregate of a stream"
	case *Join:
		return "a join of streams"
	case *Process:
		return "a processor"
	}
	return "distinct rows of a stream"
}

func find[T Node](n Node) Node {
	var out Node
	Walk(n, func(n Node) bool {
		if _, ok := n.(T); ok && out == nil {
			out = n
		}
		return out == nil
	})
	return out
}
