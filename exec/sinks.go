package exec

import (
	"fmt"
	"sort"
	"strings"

	"github.com/riffledata/riffle/dataframe/engine"
	"github.com/riffledata/riffle/dataframe/plan"
	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/sink"
)

var modes = map[plan.OutputMode]sink.Mode{plan.Append: sink.Append, plan.Update: sink.Update, plan.Complete: sink.Complete}

// findSink returns the provider of a query's sink, which has checked what it is
// asked for.
func (l *local) findSink(w *plan.Write, conf engine.Conf) (sink.Provider, sink.Spec, error) {
	spec := sink.Spec{Schema: w.Schema(), Mode: modes[w.Mode], Keys: keysOf(w.Input), QueryName: w.QueryName, Zone: conf.Zone(), Role: "sink", Committed: sink.NoBatch}
	spec.Changes = w.Mode == plan.Update && len(spec.Keys) == 0 && plan.Changing(w.Input, plan.Update)
	return l.checkSink(w.Format, w.Options, spec, conf)
}

func (l *local) checkSink(format string, options map[string]string, spec sink.Spec, conf engine.Conf) (sink.Provider, sink.Spec, error) {
	var names []string
	for _, p := range l.sinks {
		if !strings.EqualFold(p.Format(), format) {
			names = append(names, p.Format())
			continue
		}
		set, err := option.Check("the "+p.Format()+" sink", withDefaults(p, options, conf), p.Options())
		spec.Options = set
		if err == nil {
			err = p.Check(spec)
		}
		return p, spec, err
	}
	sort.Strings(names)
	return nil, sink.Spec{}, fmt.Errorf("no sink of format %q; the formats are %s%s", format, strings.Join(names, ", "), types.DidYouMean(format, names))
}

// withDefaults adds what the session's settings say of a sink.
func withDefaults(p sink.Provider, options map[string]string, conf engine.Conf) map[string]string {
	if p.Format() != "memory" {
		return options
	}
	out := map[string]string{}
	given := false
	for k, v := range options {
		out[k] = v
		given = given || strings.EqualFold(k, "maxBytes")
	}
	if !given {
		out["maxBytes"] = fmt.Sprint(conf.Int("riffle.memory.table.bytes"))
	}
	return out
}

func sinkName(w *plan.Write) string {
	if w.QueryName == "" {
		return w.Format
	}
	return w.Format + " " + w.QueryName
}
