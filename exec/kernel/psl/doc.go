// Package psl finds the registered domain of a host name: the part that
// someone can register, one label below a public suffix (example.co.uk of
// www.example.co.uk).
//
// The rules are those of publicsuffix.org as publicsuffix-go compiles them in.
// At first use they become a tree whose edges lie in one open-addressing table,
// keyed by the node and the next label to the left. A look-up walks the labels
// from the right and stops at the first that no rule mentions, so most names
// cost one or two probes. The answer is nearly always a part of the input, and
// nothing is allocated for it. There is no cache: names of real traffic repeat
// too seldom for one to pay.
package psl
