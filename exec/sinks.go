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
	var names []string
	for _, p := range l.sinks {
		if !strings.EqualFold(p.Format(), w.Format) {
			names = append(names, p.Format())
			continue
		}
		options := w.Options
		if _, given := options["maxBytes"]; !given && p.Format() == "memory" {
			options = map[string]string{"maxBytes": fmt.Sprint(conf.Int("riffle.memory.table.bytes"))}
			for k, v := range w.Options {
				options[k] = v
			}
		}
		set, err := option.Check("the "+p.Format()+" sink", options, p.Options())
		spec := sink.Spec{Options: set, Schema: w.Schema(), Mode: modes[w.Mode], Keys: keysOf(w.Input), QueryName: w.QueryName}
		if err == nil {
			err = p.Check(spec)
		}
		return p, spec, err
	}
	sort.Strings(names)
	return nil, sink.Spec{}, fmt.Errorf("no sink of format %q; the formats are %s%s", w.Format, strings.Join(names, ", "), types.DidYouMean(w.Format, names))
}

func sinkName(w *plan.Write) string {
	if w.QueryName == "" {
		return w.Format
	}
	return w.Format + " " + w.QueryName
}
