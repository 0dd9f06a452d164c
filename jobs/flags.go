package jobs

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// Flags are the flags of a job. Each can also be given as an environment
// variable (RIFFLE_ and its name in upper case, - as _) and in riffle.yaml.
type Flags struct{ set *pflag.FlagSet }

// String is a flag that takes a text.
func (f *Flags) String(p *string, name, value, usage string) {
	f.set.StringVar(p, name, value, usage)
}

// Strings is a flag that takes a text and may be given several times.
func (f *Flags) Strings(p *[]string, name, usage string) { f.set.StringArrayVar(p, name, nil, usage) }

// Bool is a flag that is on or off.
func (f *Flags) Bool(p *bool, name string, value bool, usage string) {
	f.set.BoolVar(p, name, value, usage)
}

// Int is a flag that takes a whole number.
func (f *Flags) Int(p *int, name string, value int, usage string) {
	f.set.IntVar(p, name, value, usage)
}

// Choice is a flag that takes one of several texts.
func (f *Flags) Choice(p *string, name, value, usage string, choices ...string) {
	*p = value
	f.set.Var(&choice{p, choices}, name, usage+": "+strings.Join(choices, ", "))
}

type choice struct {
	p       *string
	choices []string
}

// String is the present value.
func (c *choice) String() string { return *c.p }

// Type is what --help shows for a value.
func (c *choice) Type() string { return "string" }

// Set refuses what is not one of the choices.
func (c *choice) Set(text string) error {
	for _, known := range c.choices {
		if text == known {
			*c.p = text
			return nil
		}
	}
	return fmt.Errorf("it must be one of %s", strings.Join(c.choices, ", "))
}
