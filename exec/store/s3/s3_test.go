package s3

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"go.uber.org/goleak"

	"github.com/riffledata/riffle/exec/exectest/storetest"
	"github.com/riffledata/riffle/exec/store"
)

func TestMain(m *testing.M) {
	minio.DefaultRetryUnit = 0 // the library pauses after its only attempt too
	goleak.VerifyTestMain(m)
}

// serve runs a fake service, and returns what opens a store there.
func serve(t *testing.T, f *fake) func() (store.Store, error) {
	server := httptest.NewUnstartedServer(f)
	server.Config.ErrorLog = nil
	server.Start()
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return func() (store.Store, error) {
		s, err := Open(Config{Bucket: "logs", Prefix: "q/1", Endpoint: server.URL, Region: "us-east-1", PathStyle: true,
			Credentials: credentials.NewStaticV4("key", "secret", ""), Transport: transport, Timeout: 2 * time.Second})
		if err == nil {
			s.pause, s.part = time.Microsecond, 5<<20 // S3's least
		}
		return s, err
	}
}

func TestStore(t *testing.T) {
	f := newFake()
	storetest.Run(t, serve(t, f), storetest.Options{Names: 3, Large: 5<<20 + 100})
	for key := range f.objects {
		if !strings.HasPrefix(key, "q/1/") || strings.Contains(key, "probe") {
			t.Errorf("the bucket has %s", key)
		}
	}
	if len(f.uploads) != 0 {
		t.Errorf("%d uploads were left behind", len(f.uploads))
	}
}

// Requests that fail, or are answered as if they had, change no outcome.
func TestFaults(t *testing.T) {
	for name, fault := range map[string]struct {
		status int
		after  bool
	}{
		"503":               {503, false},
		"503 after it was":  {503, true},
		"409":               {409, false},
		"hangs up":          {1, false},
		"hangs up after it": {1, true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake()
			failed := map[string]int{} // the first requests of each kind for each object fail
			f.answer = func(_ int, r *http.Request) (int, bool) {
				if r.URL.Query().Has("list-type") || failed[r.Method+r.URL.Path] == 3 {
					return 0, false
				}
				failed[r.Method+r.URL.Path]++
				return fault.status, fault.after
			}
			storetest.Run(t, serve(t, f), storetest.Options{Names: 2, Creators: 8, Large: 1000})
		})
	}
}

// A service that overwrites is refused with the first record.
func TestOverwriting(t *testing.T) {
	f := newFake()
	f.overwrites = true
	s, err := serve(t, f)()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.PutIfAbsent(t.Context(), "meta", []byte("x")); !errors.Is(err, ErrOverwrites) {
		t.Errorf("the first record: %v", err)
	}
	if len(f.objects) != 0 {
		t.Errorf("the bucket has %d objects", len(f.objects))
	}
}

// The suite itself finds out a service that overwrites.
func TestSuiteCatchesOverwriting(t *testing.T) {
	f := newFake()
	f.overwrites = true
	open := serve(t, f)
	failed := storetest.Failures(t.Context(), func() (store.Store, error) {
		s, err := open()
		if err == nil {
			s.(*Store).probed = true
		}
		return s, err
	}, storetest.Options{Names: 1, Large: 100})
	if want := []string{"creators", "again", "reopen"}; !slices.Equal(failed, want) {
		t.Errorf("the suite fails at %q, want %q", failed, want)
	}
}

func TestGivesUp(t *testing.T) {
	f := newFake()
	f.answer = func(int, *http.Request) (int, bool) { return 503, false }
	s, err := serve(t, f)()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.PutIfAbsent(t.Context(), "meta", []byte("x")); err == nil || errors.Is(err, store.ErrNotFound) {
		t.Errorf("a service that is down: %v", err)
	}
	f.answer = func(int, *http.Request) (int, bool) { return 403, false }
	before := f.requests
	if _, err := s.Get(t.Context(), "meta"); err == nil || f.requests != before+1 {
		t.Errorf("a request that is not allowed was made %d times: %v", f.requests-before, err)
	}
}

func TestParse(t *testing.T) {
	for _, name := range []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	for location, want := range map[string]string{
		"s3://b":      "b||||false",
		"s3://b/p/q/": "b|p/q|||false",
		"s3://b/p?endpoint=http://m:9000&region=eu": "b|p|http://m:9000|eu|true",
		"s3://b?pathStyle=true":                     "b||||true",
		"s3://":                                     "write s3://bucket/prefix",
		"s3://b/a b":                                "no name",
		"s3://b?zone=eu":                            `parameter "zone" is unknown`,
		"s3://b?pathStyle=x":                        "true or false",
		"s3://key:secret@b/p":                       "holds credentials",
	} {
		c, err := Parse(location)
		got := fmt.Sprintf("%s|%s|%s|%s|%t", c.Bucket, c.Prefix, c.Endpoint, c.Region, c.PathStyle)
		if err != nil {
			got = err.Error()
		}
		if got != want && (err == nil || !strings.Contains(got, want)) {
			t.Errorf("%s: %s, want %s", location, got, want)
		}
	}
	if _, err := Open(Config{Bucket: "b", Endpoint: "m:9000"}); err == nil {
		t.Error("an endpoint without a scheme was taken")
	}
}
