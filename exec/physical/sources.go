package physical

import (
	"fmt"
	"sort"
	"strings"

	"github.com/riffledata/riffle/dataframe/types"
	"github.com/riffledata/riffle/exec/option"
	"github.com/riffledata/riffle/exec/source"
)

// Sources are the known kinds of sources, by format.
type Sources struct{ providers []source.Provider }

// NewSources returns a registry of providers.
func NewSources(providers ...source.Provider) *Sources { return &Sources{providers} }

// Find returns the provider of a format and the checked options. An unknown
// format or option is an error that names the nearest.
func (s *Sources) Find(format string, options map[string]string) (source.Provider, option.Set, error) {
	var names []string
	for _, p := range s.providers {
		if strings.EqualFold(p.Format(), format) {
			set, err := option.Check("the "+p.Format()+" source", options, p.Options())
			return p, set, err
		}
		names = append(names, p.Format())
	}
	sort.Strings(names)
	return nil, option.Set{}, fmt.Errorf("no source of format %q; the formats are %s%s", format, strings.Join(names, ", "), types.DidYouMean(format, names))
}
