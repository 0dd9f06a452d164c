package main

import "strings"

// library is an outside module (or a part of one) and where it may be used.
type library struct {
	path string // of packages: this one and all below it
	// homes are the folders that may import it, in the form of row.folder;
	// "..." is any folder.
	homes []string
}

var anywhere = []string{"..."}

// tested are the homes of what only tests and their helpers need.
var tested = []string{exectest, "cmd/repocheck"}

// libraries lists all that may be imported from outside. Any test may import
// those whose home is exectest too.
var libraries = []library{
	{"github.com/apache/arrow-go/v18/arrow", anywhere},
	{"github.com/apache/arrow-go/v18/parquet", tested}, // with it come gRPC and all kernels: 29 MB in a job's binary
	{"github.com/parquet-go/parquet-go", []string{format}},
	{"google.golang.org/protobuf", []string{"dataframe/wire/..."}},

	{"golang.org/x/text/width", []string{"dataframe/types"}},
	{"golang.org/x/text/cases", []string{kernel}},
	{"golang.org/x/text/language", []string{kernel}},

	{"github.com/weppos/publicsuffix-go", []string{"exec/kernel/psl"}},
	{"golang.org/x/net/idna", []string{"exec/kernel/psl"}},
	{"github.com/zeebo/xxh3", []string{kernel, "exec/operator/...", state, "exec/connector/kafka"}},
	{"github.com/klauspost/compress", []string{"exec/connector/file", state}},
	{"github.com/cockroachdb/pebble/v2", []string{"exec/state/disk", exectest}},
	{"github.com/minio/minio-go/v7", []string{"exec/store/s3"}},
	{"github.com/prometheus/client_golang", []string{"exec/metrics"}},
	{"github.com/twmb/franz-go", []string{"exec/connector/kafka/...", "exec/store/kafka", exectest, "cmd/repobench"}},
	{"github.com/twmb/franz-go/pkg/kfake", []string{exectest}},
	{"github.com/gofrs/flock", []string{exectest}},
	{"golang.org/x/sync", anywhere},
	{"golang.org/x/sys/cpu", []string{"exec/..."}},

	{"github.com/google/uuid", []string{"exec", "exec/stream/...", store}},

	{"github.com/spf13/viper", []string{"jobs"}},
	{"github.com/spf13/pflag", []string{"jobs", "cmd/riffle"}},
	{"golang.org/x/term", []string{"jobs", "cmd/riffle"}},
	{"github.com/lmittmann/tint", []string{"jobs", "cmd/riffle"}},
	{"github.com/spf13/cobra", []string{"cmd/riffle"}},
	{"github.com/vbauerster/mpb/v8", []string{"cmd/riffle"}},

	{"github.com/valyala/fastjson", []string{"cmd/repobench"}},
	{"github.com/cockroachdb/datadriven", tested},
	{"github.com/google/go-cmp", tested},
	{"github.com/rogpeppe/go-internal", tested},
	{"go.uber.org/goleak", tested},
	{"golang.org/x/net/publicsuffix", tested},
	{"pgregory.net/rapid", tested},
}

// anyTest are libraries that any test may import beside those of tested: they
// are oracles.
var anyTest = []string{
	"github.com/valyala/fastjson", "github.com/weppos/publicsuffix-go",
	"google.golang.org/protobuf/proto", "golang.org/x/net/idna",
	"github.com/twmb/franz-go",
}

// checkLibraries compares each outside import with the list above.
func checkLibraries(t *tree) []finding {
	var out []finding
	for _, f := range t.files {
		for _, imp := range f.imports(t.set) {
			if _, ours := t.ours(imp.path); ours || isStd(imp.path) {
				continue
			}
			lib, known := libraryOf(imp.path)
			switch {
			case !known:
				out = append(out, findingf(f.at(imp.line),
					"imports %s, which has no home; use what the tree has already, or name its one folder in cmd/repocheck/libraries.go", imp.path))
			case !allowed(f, lib, imp.path):
				out = append(out, findingf(f.at(imp.line),
					"imports %s, whose home is %s; go through the package there", imp.path, strings.Join(lib.homes, ", ")))
			}
		}
	}
	return out
}

// allowed tells whether f may import path, which lib covers.
func allowed(f *goFile, lib library, path string) bool {
	for _, home := range lib.homes {
		if home == "..." || match(home, f.dir) || f.test && home == exectest {
			return true
		}
	}
	if !f.test {
		return false
	}
	for _, p := range anyTest {
		if path == p || strings.HasPrefix(path, p+"/") {
			return true
		}
	}
	return false
}

// libraryOf returns the library with the longest path that covers path.
func libraryOf(path string) (best library, ok bool) {
	for _, l := range libraries {
		if (path == l.path || strings.HasPrefix(path, l.path+"/")) && len(l.path) > len(best.path) {
			best, ok = l, true
		}
	}
	return best, ok
}

// isStd tells the standard library, whose paths have no dot in front of the
// first slash.
func isStd(path string) bool { return !strings.Contains(top(path), ".") }
