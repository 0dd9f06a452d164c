package s3

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// fake is a bucket service in memory: as much of S3 as the store uses.
type fake struct {
	// overwrites makes it ignore If-None-Match. answer may give a status to answer
	// with instead of serving request k, or, if after, once it was served; 0 is none,
	// and 1 hangs up.
	overwrites bool
	answer     func(k int, r *http.Request) (status int, after bool)

	mu       sync.Mutex
	requests int
	objects  map[string][]byte
	uploads  map[string]map[int][]byte
}

func newFake() *fake {
	return &fake{objects: map[string][]byte{}, uploads: map[string]map[int][]byte{}}
}

// ServeHTTP serves one request.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := body(r)
	if err != nil {
		fail(w, http.StatusBadRequest, "IncompleteBody")
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	k := f.requests
	f.requests++
	if f.answer != nil {
		if status, after := f.answer(k, r); status != 0 {
			if after {
				f.serve(discard{}, r, body)
			}
			if status == 1 {
				panic(http.ErrAbortHandler)
			}
			fail(w, status, map[int]string{409: "ConditionalRequestConflict", 503: "SlowDown"}[status])
			return
		}
	}
	f.serve(w, r, body)
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request, body []byte) {
	_, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodGet && key == "":
		f.list(w, q.Get("prefix"))
	case q.Has("uploads") || q.Has("uploadId"):
		f.multipart(w, r, key, body)
	case r.Method == http.MethodPut:
		f.put(w, r, key, body)
	case r.Method == http.MethodDelete:
		delete(f.objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		f.get(w, key)
	}
}

func (f *fake) put(w http.ResponseWriter, r *http.Request, key string, body []byte) {
	if _, ok := f.objects[key]; ok && r.Header.Get("If-None-Match") == "*" && !f.overwrites {
		fail(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	f.objects[key] = body
	w.Header().Set("ETag", etag(body))
}

func (f *fake) get(w http.ResponseWriter, key string) {
	data, ok := f.objects[key]
	if !ok {
		fail(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	w.Header().Set("ETag", etag(data))
	w.Header().Set("Last-Modified", time.Unix(0, 0).UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.Write(data)
}

func (f *fake) list(w http.ResponseWriter, prefix string) {
	type content struct {
		Key          string
		Size         int
		LastModified string
	}
	var out struct {
		XMLName  xml.Name `xml:"ListBucketResult"`
		Contents []content
	}
	for key, data := range f.objects {
		if strings.HasPrefix(key, prefix) {
			out.Contents = append(out.Contents, content{key, len(data), "2026-01-01T00:00:00.000Z"})
		}
	}
	slices.SortFunc(out.Contents, func(a, b content) int { return strings.Compare(b.Key, a.Key) }) // not as S3 does
	xml.NewEncoder(w).Encode(out)
}

func (f *fake) multipart(w http.ResponseWriter, r *http.Request, key string, body []byte) {
	q := r.URL.Query()
	id := q.Get("uploadId")
	switch {
	case q.Has("uploads"):
		id = fmt.Sprint("upload-", f.requests)
		f.uploads[id] = map[int][]byte{}
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
	case r.Method == http.MethodPut:
		part, _ := strconv.Atoi(q.Get("partNumber"))
		f.uploads[id][part] = body
		w.Header().Set("ETag", etag(body))
	case r.Method == http.MethodPost:
		var all []byte
		for part := 1; part <= len(f.uploads[id]); part++ {
			all = append(all, f.uploads[id][part]...)
		}
		f.objects[key] = all
		delete(f.uploads, id)
		fmt.Fprintf(w, "<CompleteMultipartUploadResult><Bucket>logs</Bucket><ETag>%s</ETag></CompleteMultipartUploadResult>", etag(all))
	default:
		delete(f.uploads, id)
		w.WriteHeader(http.StatusNoContent)
	}
}

func etag(data []byte) string {
	sum := md5.Sum(data)
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func fail(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>told to</Message></Error>", code)
}

// body reads a request's body, in signed chunks or not.
func body(r *http.Request) ([]byte, error) {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return io.ReadAll(r.Body)
	}
	var out bytes.Buffer
	in := bufio.NewReader(r.Body)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		text, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		size, err := strconv.ParseInt(text, 16, 64)
		if err != nil {
			return nil, err
		}
		if size == 0 {
			_, err := io.Copy(io.Discard, in)
			return out.Bytes(), err
		}
		if _, err := io.CopyN(&out, in, size); err != nil {
			return nil, err
		}
		if _, err := in.Discard(2); err != nil {
			return nil, err
		}
	}
}

// discard is an answer that gets lost.
type discard struct{}

// Header is written to nobody.
func (discard) Header() http.Header { return http.Header{} }

// Write drops p.
func (discard) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader drops the status.
func (discard) WriteHeader(int) {}
