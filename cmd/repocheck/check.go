package main

import "fmt"

// finding is one break of one rule.
type finding struct {
	at  string // path, or path:line
	msg string // what is wrong, then what to do instead
}

func (f finding) String() string { return f.at + ": " + f.msg }

func findingf(at, format string, args ...any) finding {
	return finding{at, fmt.Sprintf(format, args...)}
}

// check is one rule. It finds nothing in a tree that keeps the rule.
type check struct {
	name string
	run  func(*tree) []finding
}

// checks are all the rules, in the order they are reported.
var checks = []check{
	{"folders", checkFolders},
	{"imports", checkImports},
	{"libraries", checkLibraries},
	{"std", checkStd},
	{"package comments", checkPackageComments},
	{"exported comments", checkExportedComments},
	{"size", checkSize},
	{"generated code", checkGenerated},
	{"init", checkInit},
	{"skips", checkSkips},
	{"words", checkWords},
	{"paths in pages", checkPages},
}
