package main

import "slices"

// stdRule keeps a part of the standard library out of some folders.
type stdRule struct {
	path    string   // the package and all below it
	pure    []string // packages below it that the rule lets pass
	folders []string
	except  []string
	tests   bool // holds in tests too
	instead string
}

// stdRules are few: what the language would let pass and the design does not.
var stdRules = []stdRule{
	{path: "C", folders: []string{"..."}, tests: true,
		instead: "riffle is one static binary: find or write it in Go"},
	{path: "net", pure: []string{"net/url", "net/netip", "net/mail"}, folders: []string{"dataframe/..."},
		instead: "dataframe knows no network: let the engine do it"},
	{path: "os/exec", folders: []string{"dataframe/..."},
		instead: "dataframe knows no machine: let the engine do it"},
	{path: "syscall", folders: []string{"dataframe/..."},
		instead: "dataframe knows no machine: let the engine do it"},
	{path: "os", folders: []string{types, expr, plan, "dataframe/sql", "dataframe/optimize", "dataframe/wire/..."},
		instead: "the language of plans knows no machine: take a reader, a writer or a value"},
	{path: "log", pure: []string{"log/slog"}, folders: []string{"dataframe/...", "exec/...", "cluster/..."},
		instead: "libraries do not log: return an error, or report through progress and metrics"},
	{path: "log/slog", folders: []string{"dataframe/...", "exec/...", "cluster/..."}, except: []string{"exec", "exec/stream"},
		instead: "only the engine tells things, to a logger that it was given: return an error, or report through progress and metrics"},
	{path: "flag", folders: []string{"dataframe/...", "exec/...", "cluster/..."},
		instead: "libraries have no flags: take an option"},
	{path: "testing", folders: []string{"..."}, except: []string{exectest, jobstest, "cmd/repobench"},
		instead: "binaries do not link testing: move it to a _test file or to exec/exectest"},
	{path: "testing", folders: []string{embedded},
		instead: "jobs link the embedded broker, and must not link testing: move it to exec/exectest"},
}

// checkStd applies stdRules.
func checkStd(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		for _, imp := range f.imports(t.set) {
			for _, r := range stdRules {
				if r.holds(f, imp.path) {
					out = append(out, findingf(f.at(imp.line), "imports %s: %s", imp.path, r.instead))
				}
			}
		}
	}
	return out
}

func (r stdRule) holds(f *goFile, imp string) bool {
	if f.test && !r.tests || f.generated || !match(r.path+"/...", imp) || slices.Contains(r.pure, imp) {
		return false
	}
	if imp != r.path && r.path == "os" { // os/exec and os/signal have rules of their own
		return false
	}
	for _, e := range r.except {
		if match(e, f.dir) {
			return false
		}
	}
	for _, folder := range r.folders {
		if folder == "..." || match(folder, f.dir) {
			return true
		}
	}
	return false
}
