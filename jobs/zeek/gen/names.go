package gen

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
)

// known are the domains asked for most, in this order.
var known = []string{
	"google.com", "microsoft.com", "apple.com", "windowsupdate.com", "googleapis.com", "office.com", "facebook.com",
	"cloudflare.com", "amazonaws.com", "github.com", "akamai.net", "icloud.com", "youtube.com", "ubuntu.com",
	"doubleclick.net", "wikipedia.org", "slack.com", "zoom.us", "netflix.com", "spotify.com", "linkedin.com",
	"mozilla.org", "debian.org", "stackoverflow.com", "ntp.org", "bbc.co.uk", "nytimes.com", "golang.org", "docker.io",
	"python.org", "npmjs.com", "letsencrypt.org", "dropbox.com", "adobe.com", "reddit.com", "gitlab.com", "example.com",
	"lan", "heise.de", "abc.net.au", "lemonde.fr", "nhk.or.jp",
}

var (
	adjectives = []string{"amber", "bold", "brisk", "calm", "clear", "coral", "crisp", "early", "gentle", "golden", "happy", "lunar", "merry", "north", "quiet", "rapid", "silver", "solar", "sunny", "velvet"}
	nouns      = []string{"anchor", "bakery", "bridge", "falcon", "garden", "harbor", "kettle", "lantern", "maple", "meadow", "orchard", "otter", "paper", "pepper", "pixel", "river", "signal", "summit", "thistle", "willow"}
	endings    = []string{"com", "com", "com", "net", "org", "io", "de", "co.uk", "com.au", "fr", "dev", "app"}
	services   = []string{"www", "api", "cdn", "mail", "static", "img", "login", "update", "telemetry", "assets", "ads", "metrics", "video", "m", "news", "shop", "docs", "chat", "sync", "push", "events", "media", "auth", "download", "search", "maps", "feed", "store", "status", "edge"}
	regions    = []string{"", ".eu", ".us"}
	devices    = []string{"macbook", "printer", "iphone", "chromecast", "nas", "ipad", "sonos", "tv"}
	discovery  = []string{"_airplay._tcp", "_googlecast._tcp", "_ipp._tcp", "_spotify-connect._tcp", "_homekit._tcp", "_companion-link._tcp"}
)

// tables are what a generator draws from; they are made once and never change.
type tables struct {
	clients, domains weighted
	addresses        []string // of the clients
	names            []string // of the domains
	hosts            []string // "www", "api.eu": what stands before a domain
}

var shared = sync.OnceValue(func() *tables {
	t := &tables{clients: zipf(500), domains: zipf(420), names: append([]string(nil), known...)}
	for i := range 500 {
		t.addresses = append(t.addresses, fmt.Sprintf("192.168.%d.%d", 10+i%8, 2+i/8*3))
	}
	for i := 0; len(t.names) < 420; i++ { // 399 pairs before the first repeats
		t.names = append(t.names, adjectives[i%20]+nouns[(i/20+i*7)%20]+"."+endings[i%len(endings)])
	}
	for i := range 90 {
		t.hosts = append(t.hosts, services[i%30]+regions[i/30])
	}
	return t
})

// weighted draws a number below its length in constant time (Walker's alias method).
type weighted []struct {
	keep  float64 // the chance that the slot gives its own number
	other int
}

// zipf gives number i the weight 1/(i+1).
func zipf(n int) weighted {
	total := 0.0
	for i := range n {
		total += 1 / float64(i+1)
	}
	w, rest := make(weighted, n), make([]float64, n)
	var small, large []int
	for i := range n {
		if rest[i] = float64(n) / (float64(i+1) * total); rest[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		w[s].keep, w[s].other = rest[s], l
		if rest[l] -= 1 - rest[s]; rest[l] < 1 {
			small, large = append(small, l), large[:len(large)-1]
		}
	}
	for _, i := range append(small, large...) {
		w[i].keep, w[i].other = math.Inf(1), i
	}
	return w
}

func (w weighted) pick(rnd *rand.Rand) int {
	at, frac := math.Modf(rnd.Float64() * float64(len(w)))
	if slot := w[int(at)]; frac >= slot.keep {
		return slot.other
	}
	return int(at)
}

// appendQuery writes a name that passes the filter, for the domain of the given number.
func (g *Generator) appendQuery(dst []byte, domain int) []byte {
	if g.chance(freshShare) {
		dst = g.appendLetters(dst, "0123456789abcdef", 12)
		dst = append(dst, '.')
	} else {
		dst = append(dst, g.hosts[g.rnd.IntN(len(g.hosts))]...)
		dst = append(dst, '.')
	}
	return append(dst, g.names[domain]...)
}

// appendLocal writes a name of multicast DNS.
func (g *Generator) appendLocal(dst []byte) []byte {
	if g.chance(0.5) {
		dst = append(dst, discovery[g.rnd.IntN(len(discovery))]...)
	} else {
		dst = append(dst, devices[g.rnd.IntN(len(devices))]...)
		dst = strconv.AppendInt(append(dst, '-'), int64(g.rnd.IntN(30)), 10)
	}
	return append(dst, ".local"...)
}
