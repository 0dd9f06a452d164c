package main

import (
	"go/ast"
	"path"
	"strings"
)

// checkPackageComments wants exactly one package comment in each package, in
// its doc.go.
func checkPackageComments(t *tree) []finding {
	var out []finding
	dirs, byDir := t.packages()
	for _, dir := range dirs {
		var with []string
		for _, f := range byDir[dir] {
			if f.ast.Doc != nil && !f.generated {
				with = append(with, path.Base(f.path))
			}
		}
		name := byDir[dir][0].ast.Name.Name
		switch {
		case len(with) == 0 && !allGenerated(byDir[dir]):
			out = append(out, findingf(dir, "has no package comment; write a doc.go that begins with %q", start(name, dir)))
		case len(with) > 1:
			out = append(out, findingf(dir, "has %d package comments (%s); keep the one in doc.go", len(with), strings.Join(with, ", ")))
		case len(with) == 1 && with[0] != "doc.go":
			out = append(out, findingf(dir+"/"+with[0], "holds the package comment; move it to doc.go, where readers look"))
		case len(with) == 1:
			out = append(out, beginning(byDir[dir], name, dir)...)
		}
	}
	return out
}

// beginning wants Go's form of a package comment.
func beginning(files []*goFile, name, dir string) []finding {
	for _, f := range files {
		if f.ast.Doc != nil && !f.generated && !strings.HasPrefix(f.ast.Doc.Text(), start(name, dir)) {
			return []finding{findingf(f.path, "the package comment should begin with %q", start(name, dir))}
		}
	}
	return nil
}

func start(name, dir string) string {
	if name == "main" {
		return "Command " + path.Base(dir) + " "
	}
	return "Package " + name + " "
}

func allGenerated(files []*goFile) bool {
	for _, f := range files {
		if !f.generated {
			return false
		}
	}
	return true
}

// checkExportedComments wants a comment on each exported name of a library: on
// itself, or on the group it stands in. A method needs none if an interface of
// ours, or a well-known one, says what it does.
func checkExportedComments(t *tree) []finding {
	said := contracts(t)
	var out []finding
	for _, f := range t.files {
		if f.test || f.generated || f.ast.Name.Name == "main" {
			continue
		}
		for _, d := range f.ast.Decls {
			for _, id := range uncommented(d, said) {
				at := f.at(t.set.Position(id.Pos()).Line)
				out = append(out, findingf(at, "%s is exported and has no comment; say its shape, unit, nulls, order, owner and errors, as far as they apply", id.Name))
			}
		}
	}
	return out
}

// contracts returns the names of methods that an interface speaks for.
func contracts(t *tree) map[string]bool {
	said := map[string]bool{}
	for _, name := range []string{
		"String", "GoString", "Error", "Unwrap", "Is", "As", "Len", "Less", "Swap", "Push", "Pop", "Close", "Read", "Write",
		"MarshalJSON", "UnmarshalJSON", "MarshalText", "UnmarshalText", "Set", "Type", "ServeHTTP",
	} {
		said[name] = true
	}
	for _, f := range t.files {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if i, ok := n.(*ast.InterfaceType); ok {
				for _, m := range i.Methods.List {
					for _, id := range m.Names {
						said[id.Name] = said[id.Name] || m.Doc != nil || m.Comment != nil
					}
				}
			}
			return true
		})
	}
	return said
}

// uncommented returns the exported names of a declaration without a comment.
func uncommented(d ast.Decl, said map[string]bool) []*ast.Ident {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || receiverExported(d) && !said[d.Name.Name]) {
			return []*ast.Ident{d.Name}
		}
	case *ast.GenDecl:
		return uncommentedSpecs(d)
	}
	return nil
}

func uncommentedSpecs(d *ast.GenDecl) []*ast.Ident {
	var out []*ast.Ident
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
				out = append(out, s.Name)
			}
		case *ast.ValueSpec:
			for _, id := range s.Names {
				if id.IsExported() && s.Doc == nil && s.Comment == nil && d.Doc == nil {
					out = append(out, id)
				}
			}
		}
	}
	return out
}

// receiverExported tells whether a method's type is exported.
func receiverExported(d *ast.FuncDecl) bool {
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}
