package types

import (
	"sort"
	"strings"
)

// Nearest returns the candidates that a person may have meant by name: those
// within an edit distance of a third of its length, or that differ in case or
// punctuation alone, nearest first, three at most.
func Nearest(name string, candidates []string) []string {
	type scored struct {
		text string
		cost int
	}
	var near []scored
	bound := max(1, len(name)/3)
	for _, c := range candidates {
		cost := editDistance(strings.ToLower(name), strings.ToLower(c))
		if letters(name) == letters(c) {
			cost = 0
		}
		if cost <= bound && cost < max(len(name), len(c)) { // one letter is near to none
			near = append(near, scored{c, cost})
		}
	}
	sort.SliceStable(near, func(i, j int) bool { return near[i].cost < near[j].cost })
	out := make([]string, 0, 3)
	for _, n := range near[:min(3, len(near))] {
		out = append(out, n.text)
	}
	return out
}

// DidYouMean returns "; did you mean a or b?" for the nearest candidates, or
// nothing where none is near.
func DidYouMean(name string, candidates []string) string {
	near := Nearest(name, candidates)
	if len(near) == 0 {
		return ""
	}
	for i := range near {
		near[i] = QuoteIfNeeded(near[i])
	}
	return "; did you mean " + strings.Join(near, " or ") + "?"
}

// letters keeps what a person hears of a name: its letters and digits, in lower case.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r > 127 {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

// editDistance is Levenshtein's, where swapping two neighbours also costs one.
func editDistance(a, b string) int {
	prev2, prev, row := []int{}, make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev, row = prev, row, make([]int, len(b)+1)
	}
	return prev[len(b)]
}
