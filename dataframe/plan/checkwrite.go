package plan

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/expr"
	"github.com/riffledata/riffle/dataframe/types"
)

// CheckWrite refuses a streaming query whose plan cannot give its result in the
// output mode, before it is started. It names the operator and the way out.
func CheckWrite(w *Write) error {
	if !Streaming(w.Input) {
		return &expr.Error{Msg: "the dataframe reads no stream", Fix: "read with ReadStream() instead of Read(), or collect the result", Err: expr.ErrType}
	}
	if w.Format == "" {
		return &expr.Error{Msg: "no format", Fix: `say where the result goes: Format("memory") or Format("console")`, Err: expr.ErrSyntax}
	}
	if w.Trigger.Interval < 0 {
		return &expr.Error{Msg: fmt.Sprintf("a trigger every %v", w.Trigger.Interval), Fix: "give an interval of at least 0", Err: expr.ErrSyntax}
	}
	if err := checkJoins(w.Input, w.Mode); err != nil {
		return err
	}
	aggs, err := checkSteps(w.Input)
	if err != nil {
		return err
	}
	switch w.Mode {
	case Append:
		return checkAppend(w.Input, aggs)
	case Complete:
		if aggs == 0 {
			return &expr.Error{Msg: "output mode complete needs an aggregate: without one the result would grow forever",
				Fix: "use output mode append", Err: expr.ErrAggregate}
		}
		return checkBelow(w.Input)
	case Update:
		return checkSorted(w.Input, "update")
	}
	return &expr.Error{Msg: fmt.Sprintf("no output mode %q", w.Mode), Fix: "use append, update or complete" + types.DidYouMean(string(w.Mode),
		[]string{"append", "update", "complete"}), Err: expr.ErrSyntax}
}

// checkSteps counts the aggregates over streams and refuses two in a row.
func checkSteps(n Node) (int, error) {
	total := 0
	for _, c := range n.Children() {
		k, err := checkSteps(c)
		if err != nil {
			return 0, err
		}
		total += k
	}
	if !Streaming(n) {
		return total, nil
	}
	switch n := n.(type) {
	case *Aggregate:
		if total > 0 {
			return 0, stacked(n, "aggregates the result of another aggregate")
		}
		return 1, nil
	case *Distinct:
		if total > 0 {
			return 0, stacked(n, "takes the distinct rows of an aggregate")
		}
	case *Union:
		for _, in := range n.Inputs {
			if !Streaming(in) {
				return 0, &expr.Error{Msg: "a union of a stream with a dataframe that is none: its rows would come again in every batch",
					Fix: "read both sides with ReadStream(), or put them together when you query the result", Err: expr.ErrType}
			}
		}
		if total > 0 {
			return 0, stacked(n, "puts the result of an aggregate together with other rows")
		}
	}
	return total, nil
}

func stacked(n Node, what string) error {
	return &expr.Error{Msg: n.String() + " " + what + ", which a stream cannot yet do",
		Fix: "write the first result to a memory table and query that table", Err: expr.ErrAggregate}
}

func checkAppend(n Node, aggs int) error {
	if aggs > 0 {
		return &expr.Error{Msg: "output mode append is not possible with the aggregate " + find[*Aggregate](n).String() + ": without a watermark its rows can always change",
			Fix: "use output mode complete or update", Err: expr.ErrAggregate}
	}
	return checkSorted(n, "append")
}

// checkSorted refuses what only a complete result has: an order and an end.
func checkSorted(n Node, mode string) error {
	bad := sorted(n)
	if bad == nil {
		return nil
	}
	return &expr.Error{Msg: fmt.Sprintf("%s is not possible in output mode %s: a stream has no last row", bad, mode),
		Fix: "sort and limit when you query the result, or aggregate and use output mode complete", Err: expr.ErrAggregate}
}

// checkBelow refuses an order and an end below a streaming aggregate, where they
// would be those of one batch.
func checkBelow(n Node) error {
	for _, c := range n.Children() {
		if _, agg := n.(*Aggregate); !agg {
			if err := checkBelow(c); err != nil {
				return err
			}
			continue
		}
		if bad := sorted(c); bad != nil {
			return &expr.Error{Msg: fmt.Sprintf("%s is not possible below an aggregate of a stream: it would be that of each batch", bad),
				Fix: "sort and limit the aggregate's result", Err: expr.ErrAggregate}
		}
	}
	return nil
}

// sorted returns a Sort or a Limit over a stream, or nil.
func sorted(n Node) Node {
	var found Node
	Walk(n, func(n Node) bool {
		switch n.(type) {
		case *Sort, *Limit:
			if Streaming(n) && found == nil {
				found = n
			}
		}
		return found == nil
	})
	return found
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
