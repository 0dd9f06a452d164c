package main

import (
	"bufio"
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	// quoted is a path between backquotes: `exec/kernel/hash.go`.
	quoted = regexp.MustCompile("`([.A-Za-z0-9_-]+(?:/[.A-Za-z0-9_-]+)*/?)`")
	// linked is the target of a link, without its fragment: [text](target#part).
	linked = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)
)

// checkPages wants every path that a page names to exist. A quoted path counts
// if its first element is a folder at the root or beside the page. The change
// log is history, and may name what is gone.
func checkPages(t *tree) []finding {
	var out []finding
	for _, p := range t.pages {
		if path.Ext(p) != ".md" || p == "CHANGELOG.md" {
			continue
		}
		text, err := fs.ReadFile(t.fs, p)
		if err != nil {
			out = append(out, findingf(p, "reading it: %v", err))
			continue
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, len(text)+1)
		for n := 1; lines.Scan(); n++ {
			for _, name := range missing(t.fs, path.Dir(p), lines.Text()) {
				out = append(out, findingf(p+":"+strconv.Itoa(n), "names %s, which does not exist; write where it is now, or take the sentence out", name))
			}
		}
	}
	return out
}

// missing returns the paths named in a line of a page in dir that do not exist.
func missing(root fs.FS, dir, line string) []string {
	var out []string
	for _, m := range quoted.FindAllStringSubmatch(line, -1) {
		name := strings.TrimSuffix(m[1], "/")
		if !strings.Contains(m[1], "/") {
			continue // a word, or a file that users name
		}
		first := top(name)
		atRoot := slices.Contains(topFolders, first)
		beside := exists(root, path.Join(dir, first)) && dir != "."
		if (atRoot || beside) && !named(root, name) && !named(root, path.Join(dir, name)) {
			out = append(out, m[1])
		}
	}
	for _, m := range linked.FindAllStringSubmatch(line, -1) {
		if strings.Contains(m[1], ":") {
			continue // a URL
		}
		if !exists(root, path.Join(dir, m[1])) {
			out = append(out, m[1])
		}
	}
	return out
}

// named tells whether name is a path, or a package and one of its names:
// exec/kernel.Hash.
func named(root fs.FS, name string) bool {
	if exists(root, name) {
		return true
	}
	folder, ident, dot := strings.Cut(path.Base(name), ".")
	return dot && ident != "" && ident[0] >= 'A' && ident[0] <= 'Z' && exists(root, path.Join(path.Dir(name), folder))
}

func exists(root fs.FS, name string) bool {
	if !fs.ValidPath(name) {
		return false
	}
	_, err := fs.Stat(root, name)
	return err == nil
}
