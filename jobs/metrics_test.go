package jobs

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/riffledata/riffle/dataframe"
)

// get reads a page.
func get(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, answer.Status)
	}
	return string(text), err
}

// A job that is asked for them serves its queries' metrics while it runs.
func TestMetrics(t *testing.T) {
	var page, url string
	_, code, out := call(t, "", []string{"RIFFLE_METRICS_ADDRESS=127.0.0.1:0"}, func(ctx context.Context, s *dataframe.Session) error {
		shown := TerminalOf(ctx).Err.(fmt.Stringer).String()
		url = regexp.MustCompile(`http://\S+/metrics`).FindString(shown)
		q, err := s.ReadStream().Format("rate").Option("rowsPerSecond", "1000").Load().
			WriteStream().Format("memory").QueryName("counted").Start(ctx)
		if err != nil {
			return err
		}
		counted := regexp.MustCompile(`riffle_query_input_rows_total\{query="counted"\} [1-9]`)
		for !counted.MatchString(page) {
			if page, err = get(ctx, url); err != nil {
				return err
			}
			if q.Exception() != nil || ctx.Err() != nil {
				return fmt.Errorf("no rows were counted: %w\n%s", q.Exception(), page)
			}
		}
		return q.Stop()
	})
	if code != ExitDone || !strings.Contains(page, "go_goroutines ") {
		t.Errorf("code %d: %s\n%s", code, out, page)
	}
	if _, err := get(t.Context(), url); err == nil {
		t.Error("the metrics are still served after the job")
	}
}

func TestMetricsRefused(t *testing.T) {
	_, code, out := call(t, "", nil, nil, "--metrics-address", "here")
	if code != ExitUsage || !strings.Contains(out, "--metrics-address") || !strings.Contains(out, "write host:port") {
		t.Errorf("code %d: %s", code, out)
	}
}
