package main

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// topFolders and topFiles are all that stands at the root. Folders whose name
// begins with a dot belong to other tools, but for .ci.
var (
	topFolders = []string{".ci", "dataframe", "exec", "cluster", "jobs", "cmd", "notebooks"}
	topFiles   = []string{"go.mod", "go.sum", "README.md", "CHANGELOG.md", "LICENSE", ".golangci.yml", ".gitignore"}
)

// noNames are names of folders that say nothing.
var noNames = []string{"util", "utils", "common", "helper", "helpers", "misc", "old", "base", "shared", "internal"}

// checkFolders looks at the root, and at the names of packages.
func checkFolders(t *tree) []finding {
	entries, err := fs.ReadDir(t.fs, ".")
	if err != nil {
		return []finding{findingf(".", "reading the root: %v", err)}
	}
	var out []finding
	for _, e := range entries {
		name := e.Name()
		known := topFiles
		if e.IsDir() {
			known = topFolders
		}
		if !slices.Contains(known, name) && !ignored(name, e.IsDir()) {
			out = append(out, findingf(name, "does not belong at the root; put it where its reader looks for it: %s", strings.Join(topFolders, ", ")))
		}
	}
	dirs, _ := t.packages()
	for _, dir := range dirs {
		if slices.Contains(noNames, path.Base(dir)) {
			out = append(out, findingf(dir, "the name says nothing; name the package after what it holds"))
		}
	}
	return out
}

// ignored tells what .gitignore names and what other tools leave.
func ignored(name string, dir bool) bool {
	if dir {
		return strings.HasPrefix(name, ".") && name != ".ci" || name == "bin"
	}
	ext := path.Ext(name)
	return ext == ".test" || ext == ".prof" || ext == ".out" || name == ".git"
}
