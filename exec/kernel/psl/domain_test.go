package psl

import (
	"strings"
	"testing"
)

// want of one name in the three modes; null is "-".
type want struct{ name, extract, icann, private string }

var wants = []want{
	{"www.example.com", "example.com", "example.com", "example.com"},
	{"example.com", "example.com", "example.com", "example.com"},
	{"a.b.example.co.uk", "example.co.uk", "example.co.uk", "example.co.uk"},
	{"WWW.Example.COM", "Example.COM", "example.com", "example.com"},
	{"a-very-long-label-of-many-bytes.example.travelersinsurance", "example.travelersinsurance", "example.travelersinsurance", "example.travelersinsurance"},
	{"user.github.io", "github.io", "github.io", "user.github.io"},
	{"s3.amazonaws.com", "amazonaws.com", "amazonaws.com", "-"},
	// No suffix, or nothing before it.
	{"com", "", "-", "-"}, {"co.uk", "", "-", "-"}, {"uk", "", "-", "-"},
	{"WPAD", "", "-", "-"}, {"local", "", "-", "-"}, {"*", "", "-", "-"},
	{"nas.lan", "", "nas.lan", "nas.lan"}, {"x.y.NAS.lan", "", "nas.lan", "nas.lan"},
	{"_vlmcs._tcp", "", "_vlmcs._tcp", "_vlmcs._tcp"},
	// Wildcards and their exceptions.
	{"ck", "", "-", "-"}, {"foo.ck", "", "-", "-"}, {"a.foo.ck", "a.foo.ck", "a.foo.ck", "a.foo.ck"},
	{"www.ck", "www.ck", "www.ck", "www.ck"}, {"a.b.www.ck", "www.ck", "www.ck", "www.ck"},
	{"city.kawasaki.jp", "city.kawasaki.jp", "city.kawasaki.jp", "city.kawasaki.jp"},
	{"a.b.kawasaki.jp", "a.b.kawasaki.jp", "a.b.kawasaki.jp", "a.b.kawasaki.jp"},
	{"kawasaki.jp", "kawasaki.jp", "kawasaki.jp", "kawasaki.jp"},
	{"x.y.z.compute.amazonaws.com", "amazonaws.com", "amazonaws.com", "y.z.compute.amazonaws.com"},
	// The notebook's own rule comes before all others.
	{"printer.local", "local", "printer.local", "printer.local"}, {".local", "local", "-", "-"},
	{"_airplay._tcp.local", "local", "_tcp.local", "_tcp.local"},
	{"http://x.local", "local", "http://x.local", "http://x.local"},
	{"x.LOCAL", "", "x.local", "x.local"}, {"x.local.", "", "x.local", "x.local"}, {"xlocal", "", "-", "-"},
	// Addresses.
	{"10.47.7.30", "", "-", "-"}, {"1.2.3.4.5", "", "4.5", "4.5"}, {"192.168.0.1.", "", "-", "-"},
	{"2001:db8::1", "", "-", "-"}, {"[2001:db8::1]", "", "-", "-"}, {"::1", "", "-", "-"},
	{"::ffff:10.0.0.1", "", "-", "-"}, {"beef.cafe", "beef.cafe", "beef.cafe", "beef.cafe"},
	{"4.3.2.1.in-addr.arpa", "1.in-addr.arpa", "1.in-addr.arpa", "1.in-addr.arpa"},
	// URLs: only Extract takes them apart.
	{"http://172.16.0.58", "", "0.58", "0.58"},
	{"https://joe@www.example.com:8443/a.b?c#d", "example.com", "com:8443/a.b?c#d", "com:8443/a.b?c#d"},
	{"//www.example.com/x", "example.com", "example.com/x", "example.com/x"},
	{"www.example.com:53", "example.com", "example.com:53", "example.com:53"},
	{"joe@example.com", "example.com", "joe@example.com", "joe@example.com"},
	{"1 2://example.com", "", "1 2://example.com", "1 2://example.com"},
	// Dots and blanks.
	{"example.com.", "example.com", "example.com", "example.com"},
	{"example.com..", "example.com", "-", "-"}, {".", "", "-", "-"}, {"..", "", "-", "-"}, {" ", "", "-", "-"},
	{"a..com", "", "-", "-"}, {".com", "", "-", "-"}, {"..example.com", "example.com", "example.com", "example.com"},
	{" www.example.com ", "example.com", "example.com ", "example.com "},
	{"My Printer.example.com", "example.com", "example.com", "example.com"},
	{"a b.com", "a b.com", "a b.com", "a b.com"},
	// Beyond ASCII: written either way, answered as it was written.
	{"www.食狮.公司.cn", "食狮.公司.cn", "食狮.公司.cn", "食狮.公司.cn"},
	{"www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"},
	{"www.Bücher.DE", "Bücher.DE", "bücher.de", "bücher.de"},
	{"www。example．com", "example.com", "example.com", "example.com"},
	{"www.example.com。", "example.com", "example.com", "example.com"},
	{"a.ｃｏｍ", "a.ｃｏｍ", "a.ｃｏｍ", "a.ｃｏｍ"},
	{"公司.cn", "", "-", "-"}, {"ü.lan", "", "ü.lan", "ü.lan"}, {"。", "", "-", "-"},
	{"\xff\xfe.example.com", "example.com", "example.com", "example.com"},
	{"a.\x00com", "", "a.\x00com", "a.\x00com"}, {"\x00.com", "\x00.com", "\x00.com", "\x00.com"},
	{"", "-", "-", "-"},
}

func show(domain string, ok bool) string {
	if !ok {
		return "-"
	}
	return domain
}

func TestDomain(t *testing.T) {
	r := Default()
	long := strings.Repeat("a", 70) + ".example.com"
	cases := append([]want{
		{long, "example.com", "example.com", "example.com"},
		{"x." + strings.Repeat("ü", 1<<20) + ".com", strings.Repeat("ü", 1<<20) + ".com", strings.Repeat("ü", 1<<20) + ".com", strings.Repeat("ü", 1<<20) + ".com"},
		{strings.Repeat("label.", 80) + "com", "label.com", "label.com", "label.com"},
	}, wants...)
	for _, c := range cases {
		for mode, want := range []string{c.extract, c.icann, c.private} {
			if got := show(r.Domain(c.name, Mode(mode))); got != want {
				t.Errorf("%s of %q: got %q, want %q", Mode(mode), c.name, got, want)
			}
		}
	}
}

func TestDomainDoesNotAllocate(t *testing.T) {
	r := Default()
	names := []string{"www.example.com", "a.b.example.co.uk", "nas.lan", "user.github.io", "WPAD", "x.local", "*", "example.com."}
	for mode := range Mode(3) {
		for _, name := range names {
			if mode != Extract && name == "WPAD" {
				continue
			}
			if n := testing.AllocsPerRun(100, func() { r.Domain(name, mode) }); n != 0 {
				t.Errorf("%s of %q: %v allocations", mode, name, n)
			}
		}
	}
}

func TestParseMode(t *testing.T) {
	for mode := range Mode(3) {
		if got, err := ParseMode(mode.String()); err != nil || got != mode {
			t.Errorf("ParseMode(%s): got %v, %v", mode, got, err)
		}
	}
	_, err := ParseMode("privat")
	if want := `no kind of registered domain is called "privat"; did you mean private?; use extract, icann or private`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
