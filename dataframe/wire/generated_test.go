package wire

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/riffledata/riffle/dataframe/wire/pb"
)

// TestDescriptorMatchesProto compares names and numbers of fields and values in
// plan.proto with those that the generated code has.
func TestDescriptorMatchesProto(t *testing.T) {
	text, err := os.ReadFile("pb/plan.proto")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^\s+(?:(repeated) )?(?:([\w.]+|map<\w+, \w+>) )?(\w+) = (\d+);`).FindAllStringSubmatch(string(text), -1) {
		kind := m[1] + m[2]
		if strings.HasPrefix(kind, "map<") {
			kind = "map"
		}
		want = append(want, kind+" "+m[3]+" "+m[4])
	}
	var got []string
	messages(pb.File_plan_proto.Messages(), &got)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Fatalf("plan.proto and plan.pb.go differ; run go generate ./dataframe/wire\nproto:     %q\ngenerated: %q", want, got)
	}
}

func messages(all protoreflect.MessageDescriptors, out *[]string) {
	for i := range all.Len() {
		m := all.Get(i)
		if m.IsMapEntry() {
			continue
		}
		messages(m.Messages(), out)
		for j := range m.Enums().Len() {
			for v := range m.Enums().Get(j).Values().Len() {
				value := m.Enums().Get(j).Values().Get(v)
				*out = append(*out, " "+string(value.Name())+" "+itoa(value.Number()))
			}
		}
		for j := range m.Fields().Len() {
			f := m.Fields().Get(j)
			*out = append(*out, kindOf(f)+" "+string(f.Name())+" "+itoa(f.Number()))
		}
	}
}

func kindOf(f protoreflect.FieldDescriptor) string {
	kind := f.Kind().String()
	switch {
	case f.IsMap():
		return "map"
	case f.Message() != nil:
		kind = string(f.Message().Name())
	case f.Enum() != nil:
		kind = string(f.Enum().Name())
	}
	if f.IsList() {
		return "repeated" + kind
	}
	return kind
}

func itoa[N ~int32](n N) string { return strconv.Itoa(int(n)) }

// TestGeneratedCodeIsFresh runs the compiler where it is installed; where it is
// not, TestDescriptorMatchesProto is all that looks.
func TestGeneratedCodeIsFresh(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, line, ok := strings.Cut(string(doc), "//go:generate ")
	if !ok {
		t.Fatal("doc.go has no go:generate line")
	}
	out := t.TempDir()
	args := strings.Fields(strings.Replace(line, "--go_out=pb", "--go_out="+out, 1))
	if msg, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Logf("not compared, since the compiler cannot be run: %v %s", err, msg)
		return
	}
	want, err := os.ReadFile(filepath.Join(out, "plan.pb.go"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("pb/plan.pb.go")
	if err != nil {
		t.Fatal(err)
	}
	if code(want) != code(got) {
		t.Fatal("pb/plan.pb.go is stale; run go generate ./dataframe/wire")
	}
}

// code drops the lines that name the versions of the compiler.
func code(src []byte) string {
	return regexp.MustCompile(`(?m)^// \tproto.*$`).ReplaceAllString(string(src), "")
}
