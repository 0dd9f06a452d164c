package s3

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/riffledata/riffle/exec/store"
)

// Config says where a store is. Only Bucket is required.
type Config struct {
	// Bucket exists already. Prefix stands before each name, with a '/' between; ""
	// is none.
	Bucket, Prefix string
	// Endpoint is the service's URL: "https://s3.amazonaws.com" by default.
	Endpoint string
	// Region of the bucket; "" asks the service.
	Region string
	// PathStyle writes the bucket into the path, as services other than AWS want.
	PathStyle bool
	// Credentials are those of the environment (AWS_ACCESS_KEY_ID and its like), of
	// the shared credentials file, or of the machine's role where it is nil.
	Credentials *credentials.Credentials
	// Transport is that of the client; nil is the library's.
	Transport http.RoundTripper
	// Timeout bounds one request of a small object; 0 is 15 s.
	Timeout time.Duration
}

// parameters are those of a location.
var parameters = []string{"endpoint", "pathStyle", "region"}

// Parse reads a location: s3://bucket/prefix?endpoint=URL&region=R&pathStyle=true.
// Endpoint and region default to the environment's AWS_ENDPOINT_URL_S3,
// AWS_ENDPOINT_URL, AWS_REGION and AWS_DEFAULT_REGION. pathStyle is true by default
// where there is an endpoint.
func Parse(location string) (Config, error) {
	u, err := url.Parse(location)
	if err != nil {
		return Config{}, fmt.Errorf("the location %s: %w", location, err)
	}
	if u.User != nil {
		return Config{}, fmt.Errorf("the location of bucket %s holds credentials; give them by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", u.Host)
	}
	c := Config{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/")}
	if u.Scheme != "s3" || c.Bucket == "" || u.Fragment != "" {
		return c, fmt.Errorf("the location %s: write s3://bucket/prefix", location)
	}
	if c.Prefix != "" {
		if err := store.CheckName(c.Prefix); err != nil {
			return c, fmt.Errorf("the location %s: %w", location, err)
		}
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return c, fmt.Errorf("the location %s: %w", location, err)
	}
	for key, values := range q {
		if !slices.Contains(parameters, key) || len(values) != 1 {
			return c, fmt.Errorf("the location %s: parameter %q is unknown or given twice; there are %s", location, key, strings.Join(parameters, ", "))
		}
	}
	c.Endpoint = cmp.Or(q.Get("endpoint"), os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"))
	c.Region = cmp.Or(q.Get("region"), os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	c.PathStyle = c.Endpoint != ""
	if text := q.Get("pathStyle"); text != "" {
		if c.PathStyle, err = strconv.ParseBool(text); err != nil {
			return c, fmt.Errorf("the location %s: pathStyle is true or false, not %q", location, text)
		}
	}
	return c, nil
}

// client makes the library's client. It does no request.
func (c Config) client() (*minio.Core, error) {
	u, err := url.Parse(cmp.Or(c.Endpoint, "https://s3.amazonaws.com"))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" && u.Path != "/" {
		return nil, fmt.Errorf("the endpoint %q of bucket %s is no URL of a service; write https://host:port", c.Endpoint, c.Bucket)
	}
	creds := c.Credentials
	if creds == nil {
		creds = credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.EnvMinio{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
		})
	}
	style := minio.BucketLookupAuto
	if c.PathStyle {
		style = minio.BucketLookupPath
	}
	return minio.NewCore(u.Host, &minio.Options{Creds: creds, Secure: u.Scheme == "https", Region: c.Region,
		BucketLookup: style, Transport: c.Transport, MaxRetries: 1})
}
