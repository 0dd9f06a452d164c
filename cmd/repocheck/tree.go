package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// tree is the repository as the checks see it.
type tree struct {
	fs     fs.FS
	module string // the module's path, from go.mod
	set    *token.FileSet
	files  []*goFile
	pages  []string // all other text files, by path
}

// goFile is one parsed Go file.
type goFile struct {
	path, dir string // slash-separated, from the root; dir of a top-level file is "."
	ast       *ast.File
	lines     int
	test      bool // a _test.go file
	generated bool
}

// imported is one import of one file.
type imported struct {
	path string
	line int
}

func (f *goFile) imports(set *token.FileSet) []imported {
	var out []imported
	for _, spec := range f.ast.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it, so this cannot be
		}
		out = append(out, imported{p, set.Position(spec.Pos()).Line})
	}
	return out
}

func (f *goFile) at(line int) string { return f.path + ":" + strconv.Itoa(line) }

// packages groups the files that are no tests by folder, in order.
func (t *tree) packages() (dirs []string, byDir map[string][]*goFile) {
	byDir = map[string][]*goFile{}
	for _, f := range t.files {
		if f.test {
			continue
		}
		if byDir[f.dir] == nil {
			dirs = append(dirs, f.dir)
		}
		byDir[f.dir] = append(byDir[f.dir], f)
	}
	sort.Strings(dirs)
	return dirs, byDir
}

// findRoot returns the nearest folder above dir, or dir itself, with a go.mod.
func findRoot(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(abs, "go.mod")); err == nil {
			return abs, nil
		}
		up := filepath.Dir(abs)
		if up == abs {
			return "", errors.New("no go.mod here or above; run repocheck inside the repository")
		}
		abs = up
	}
}

// load reads a repository from its root.
func load(root fs.FS) (*tree, error) {
	t := &tree{fs: root, set: token.NewFileSet()}
	mod, err := fs.ReadFile(root, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("reading the module's path: %w", err)
	}
	for line := range strings.Lines(string(mod)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			t.module = strings.TrimSpace(name)
		}
	}
	err = fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if skipDir(p) {
				return fs.SkipDir
			}
			return nil
		}
		return t.add(p)
	})
	return t, err
}

// skipDir tells the folders that are no part of the tree: what .gitignore
// names, other tools' folders, and data, whose words are not ours.
func skipDir(p string) bool {
	base := path.Base(p)
	switch {
	case p == ".", base == ".ci":
		return false
	case p == "bin", base == "node_modules", base == "testdata":
		return true
	}
	return strings.HasPrefix(base, ".")
}

func (t *tree) add(p string) error {
	switch path.Ext(p) {
	case ".go":
		return t.addGo(p)
	case ".md", ".sh", ".yml", ".yaml", ".txt", ".py", ".proto", ".html", ".ipynb":
		t.pages = append(t.pages, p)
	default:
		if strings.HasPrefix(p, ".ci/") {
			t.pages = append(t.pages, p)
		}
	}
	return nil
}

func (t *tree) addGo(p string) error {
	src, err := fs.ReadFile(t.fs, p)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(t.set, p, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	t.files = append(t.files, &goFile{
		path: p, dir: path.Dir(p), ast: file,
		lines:     bytes.Count(src, []byte("\n")),
		test:      strings.HasSuffix(p, "_test.go"),
		generated: ast.IsGenerated(file),
	})
	return nil
}
