package main

import (
	"bufio"
	"bytes"
	"go/ast"
	"io/fs"
	"regexp"
	"strconv"
)

// checkInit refuses init functions: what a package needs is built by who opens
// it, and what it offers is handed in.
func checkInit(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		if f.generated {
			continue
		}
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				at := f.at(t.set.Position(fn.Pos()).Line)
				out = append(out, findingf(at, "has an init function; use a package variable, or let the caller hand it in"))
			}
		}
	}
	return out
}

// checkSkips wants a reason for each test that skips itself.
func checkSkips(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || !silentSkip(sel, call) {
				return true
			}
			at := f.at(t.set.Position(call.Pos()).Line)
			out = append(out, findingf(at, "skips without a reason; say what is missing and how to get it"))
			return true
		})
	}
	return out
}

// silentSkip tells t.SkipNow() and t.Skip() on a variable named as test
// variables are.
func silentSkip(sel *ast.SelectorExpr, call *ast.CallExpr) bool {
	id, ok := sel.X.(*ast.Ident)
	if !ok || id.Name != "t" && id.Name != "tb" && id.Name != "b" {
		return false
	}
	return sel.Sel.Name == "SkipNow" || (sel.Sel.Name == "Skip" || sel.Sel.Name == "Skipf") && len(call.Args) == 0
}

// badWords are texts that no file may hold. They are put together from pieces,
// so that this file does not hold them.
var badWords = []struct {
	re      *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(^|[^\w./:$}*-])/(ho` + `me|ro` + `ot|Us` + `ers|wo` + `rk)/\w`),
		"is a path of one machine; take it from a flag, the environment or t.TempDir"},
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`),
		"is a promise; do it now, or leave it out"},
}

// checkWords reads every text file line by line.
func checkWords(t *tree) []finding {
	var out []finding
	paths := append([]string(nil), t.pages...)
	for _, f := range t.files {
		paths = append(paths, f.path)
	}
	for _, p := range paths {
		text, err := fs.ReadFile(t.fs, p)
		if err != nil {
			out = append(out, findingf(p, "reading it: %v", err))
			continue
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, len(text)+1)
		for n := 1; lines.Scan(); n++ {
			for _, w := range badWords {
				if m := w.re.FindString(lines.Text()); m != "" {
					out = append(out, findingf(p+":"+strconv.Itoa(n), "%q %s", m, w.instead))
				}
			}
		}
	}
	return out
}
