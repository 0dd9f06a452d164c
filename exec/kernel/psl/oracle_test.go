package psl

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weppos/publicsuffix-go/publicsuffix"
)

// oracle is what the library says: the domain in lower case, "" where none.
func oracle(name string, mode Mode) string {
	opts := &publicsuffix.FindOptions{IgnorePrivate: mode != Private}
	if mode != Extract {
		opts.DefaultRule = publicsuffix.DefaultRule
	}
	d, err := publicsuffix.ParseFromListWithOptions(publicsuffix.DefaultList, name, opts)
	if err != nil || d.SLD == "" {
		return ""
	}
	return d.SLD + "." + d.TLD
}

func agrees(t *testing.T, name string) {
	t.Helper()
	for mode := range Mode(3) {
		got, _ := Default().Domain(name, mode)
		if want := oracle(name, mode); strings.ToLower(got) != want {
			t.Errorf("%s of %q: got %q, the library says %q", mode, name, got, want)
		}
	}
}

// Every rule, with nothing, one, two labels before it, and without its first label.
func TestEveryRule(t *testing.T) {
	rules := publicsuffix.DefaultRules()
	if len(Default().nodes) < len(rules)*9/10 {
		t.Errorf("%d nodes for %d rules", len(Default().nodes), len(rules))
	}
	for _, rule := range rules {
		if strings.HasSuffix("."+rule.Value, ".local") {
			t.Errorf("the list has a rule %s: .local is no longer free for the notebook's answer", rule.Value)
		}
		for _, before := range []string{"", "a.", "b-9.a.", "WWW.a-label-of-many-bytes.a."} {
			agrees(t, before+rule.Value)
		}
		if _, parent, ok := strings.Cut(rule.Value, "."); ok {
			agrees(t, parent)
			agrees(t, "x."+parent)
		}
	}
}

// randomName joins labels of the list and others at random, in any case.
func randomName(rnd *rand.Rand, labels []string) string {
	parts := make([]string, 1+rnd.IntN(6))
	for i := range parts {
		parts[i] = labels[rnd.IntN(len(labels))]
		if rnd.IntN(8) == 0 {
			parts[i] = strings.ToUpper(parts[i])
		}
	}
	return strings.Join(parts, ".")
}

func listLabels() []string {
	labels := []string{"www", "a", "example", "xn--bcher-kva", "mail-7", "a-label-of-twenty-two--"}
	for _, rule := range publicsuffix.DefaultRules() {
		labels = append(labels, strings.Split(rule.Value, ".")...)
	}
	return labels
}

func TestRandomNames(t *testing.T) {
	labels, rnd := listLabels(), rand.New(rand.NewPCG(1, 2))
	rules := publicsuffix.DefaultRules()
	for range 50_000 {
		name := randomName(rnd, labels)
		if rnd.IntN(2) == 0 {
			name += "." + rules[rnd.IntN(len(rules))].Value
		}
		agrees(t, name)
	}
}

func FuzzDomain(f *testing.F) {
	for _, c := range wants {
		f.Add(c.name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for mode := range Mode(3) {
			domain, ok := Default().Domain(name, mode)
			if !ok && domain != "" {
				t.Errorf("%s of %q: null, but %q", mode, name, domain)
			}
			// A domain is its own domain.
			if again, _ := Default().Domain(domain, mode); mode != Extract && ok && !isIP([]byte(domain)) && again != domain {
				t.Errorf("%s of %q is %q, of which it is %q", mode, name, domain, again)
			}
		}
		if plain(name) {
			agrees(t, name)
		}
	})
}

// plain tells whether the library takes a name as we do: letters, digits, dots
// and dashes, no empty label, no address, not below .local.
func plain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c != '.' && c != '-' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return name != "" && !strings.Contains("."+name+".", "..") && !isIP([]byte(name)) && !strings.HasSuffix(name, ".local")
}
