package main

import (
	"go/ast"
	"path"
)

const (
	maxFileLines = 600
	maxFuncLines = 100
)

// checkSize bounds files and functions, tests included.
func checkSize(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		if f.generated {
			continue
		}
		if f.lines > maxFileLines {
			out = append(out, findingf(f.path, "has %d lines, more than %d; split it by what its parts do, a type or family a file", f.lines, maxFileLines))
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			from, to := t.set.Position(fn.Pos()).Line, t.set.Position(fn.End()).Line
			if n := to - from + 1; n > maxFuncLines {
				out = append(out, findingf(f.at(from), "%s has %d lines, more than %d; give its steps names of their own", fn.Name.Name, n, maxFuncLines))
			}
		}
	}
	return out
}

// checkGenerated keeps generated code in folders of its own, named pb.
func checkGenerated(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		pb := path.Base(f.dir) == "pb"
		switch {
		case f.generated && !pb:
			out = append(out, findingf(f.path, "is generated and stands between written files; let its generator write into a folder pb"))
		case pb && !f.generated && !f.test && path.Base(f.path) != "doc.go":
			out = append(out, findingf(f.path, "is written by hand in a folder of generated code; move it to the folder above"))
		}
	}
	return out
}
