package psl

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/weppos/publicsuffix-go/publicsuffix"
)

var update = flag.Bool("update", false, "write the list anew from the library's")

const listHeader = `// The Public Suffix List, https://publicsuffix.org/list/public_suffix_list.dat
// VERSION
//
// This Source Code Form is subject to the terms of the Mozilla Public License,
// v. 2.0. If a copy of the MPL was not distributed with this file, You can obtain
// one at https://mozilla.org/MPL/2.0/.
//
// Changed: names are in ASCII, comments are left out. Written by
// go test ./exec/kernel/psl -run TestList -update
`

// The list that is compiled in is the library's, which its owners keep up to date.
func TestList(t *testing.T) {
	parts := map[bool]*strings.Builder{false: {}, true: {}}
	for _, rule := range publicsuffix.DefaultRules() {
		prefix := map[int]string{publicsuffix.WildcardType: "*.", publicsuffix.ExceptionType: "!"}[rule.Type]
		parts[rule.Private].WriteString(prefix + rule.Value + "\n")
	}
	want := strings.Replace(listHeader, "VERSION", publicsuffix.ListVersion, 1) + parts[false].String() + private + "\n" + parts[true].String()
	if *update {
		if err := os.WriteFile("list.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if list != want {
		t.Error("list.txt is not the library's list; run go test ./exec/kernel/psl -run TestList -update, and build again")
	}
}
