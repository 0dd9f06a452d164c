package dataframe

import (
	"fmt"

	"github.com/riffledata/riffle/dataframe/plan"
)

// Explain prints how the dataframe would be computed. Modes: "simple" prints
// the physical plan; "extended" the logical plan before and after optimizing as
// well; "formatted" is simple with the columns of each step below it.
func (d *DataFrame) Explain(mode string) error {
	text, err := d.explain(mode)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(d.session.out, text)
	return err
}

// ExplainString returns what Explain prints.
func (d *DataFrame) ExplainString(mode string) (string, error) { return d.explain(mode) }

func (d *DataFrame) explain(mode string) (string, error) {
	if d.err != nil {
		return "", d.err
	}
	switch mode {
	case "", "simple", "extended", "formatted":
	case "codegen", "cost":
		return "", at("Explain", fmt.Errorf("mode %s does not exist here: no code is generated and no costs are estimated; use simple, extended or formatted", mode))
	default:
		return "", at("Explain", fmt.Errorf("no mode %q; use simple, extended or formatted", mode))
	}
	e, err := d.session.engine.Explain(d.node, d.session.Conf().snapshot())
	if err != nil {
		return "", at("Explain", err)
	}
	switch mode {
	case "extended":
		return fmt.Sprintf("== Parsed Logical Plan ==\n%[1]s\n== Analyzed Logical Plan ==\n%[2]s\n%[1]s\n== Optimized Logical Plan ==\n%[3]s\n== Physical Plan ==\n%[4]s",
			plan.Format(d.node), fields(d), e.Optimized, e.Physical), nil
	case "formatted":
		return "== Physical Plan ==\n" + e.Physical + "\nOutput: " + fields(d) + "\n", nil
	}
	return "== Physical Plan ==\n" + e.Physical, nil
}

// fields is "a: bigint, b: string".
func fields(d *DataFrame) string {
	text := ""
	for i, f := range d.node.Schema().Fields() {
		if i > 0 {
			text += ", "
		}
		text += f.Name + ": " + f.Type.Name()
	}
	return text
}
