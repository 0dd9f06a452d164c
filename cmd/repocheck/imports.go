package main

import "strings"

// checkImports compares each import of ours with the table. Tests may import
// anything below cmd.
func checkImports(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		r, ok := rowOf(f.dir)
		if !ok {
			out = append(out, findingf(f.path, "the folder %s has no row in cmd/repocheck/table.go; add one that says what it may import", f.dir))
			continue
		}
		for _, imp := range f.imports(t.set) {
			to, ours := t.ours(imp.path)
			if !ours || to == f.dir {
				continue
			}
			if why := refuse(f, r, to); why != "" {
				out = append(out, findingf(f.at(imp.line), "imports %s: %s", to, why))
			}
		}
	}
	return out
}

// ours returns an imported path from the root of the module.
func (t *tree) ours(imp string) (dir string, ok bool) {
	if imp == t.module {
		return ".", true
	}
	return strings.CutPrefix(imp, t.module+"/")
}

// refuse says why f may not import to and what to do instead, or "".
func refuse(f *goFile, r row, to string) string {
	if top(to) == "cmd" {
		return "nobody imports a command; move what both need below cmd"
	}
	if f.test {
		return ""
	}
	if match(jobstest, to) {
		return "helpers of tests may be linked into tests only; move the import to a _test file"
	}
	if match(exectest, to) && !match(exectest, f.dir) && f.dir != jobstest && top(f.dir) != "cmd" && (top(f.dir) != "jobs" || to != embedded) {
		return "test helpers may be linked into tests and commands only (" + embedded + " into jobs too); move the import to a _test file"
	}
	if rank[top(to)] > rank[top(f.dir)] {
		return top(f.dir) + " may not know " + top(to) + "; declare an interface in " + f.dir + " instead"
	}
	for _, p := range r.may {
		if match(p, to) {
			return ""
		}
	}
	if match(r.folder, to) || to == embedded && top(f.dir) == "jobs" {
		return ""
	}
	return r.folder + " may not know " + to + "; " + r.instead
}

// rowOf returns the row of exactly dir, or else the one with the longest match.
func rowOf(dir string) (best row, ok bool) {
	for _, r := range table {
		if r.folder == dir {
			return r, true
		}
		if match(r.folder, dir) && len(r.folder) > len(best.folder) {
			best, ok = r, true
		}
	}
	return best, ok
}

// match tells whether dir is the folder, or below it where it ends in "/...".
func match(folder, dir string) bool {
	root, all := strings.CutSuffix(folder, "/...")
	return dir == root || all && strings.HasPrefix(dir, root+"/")
}

// top returns the first element of a path.
func top(dir string) string {
	first, _, _ := strings.Cut(dir, "/")
	return first
}
