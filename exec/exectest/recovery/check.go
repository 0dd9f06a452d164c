package recovery

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	feeds "github.com/riffledata/riffle/exec/connector/memory"
	"github.com/riffledata/riffle/exec/exectest"
	"github.com/riffledata/riffle/exec/store/memory"
)

// Settings say how much is tried. The zero value is good.
type Settings struct {
	// Pieces is the number of micro-batches. Default 8.
	Pieces int
	// Crashes is how often the query is run to its end with crashes on its way.
	// Default 20, a quarter of it with -short, or what the environment variable
	// RIFFLE_TEST_CRASHES says.
	Crashes int
	// Seed makes the same cuts and crashes again. Default 1.
	Seed uint64
}

func (s *Settings) defaults() {
	if s.Pieces == 0 {
		s.Pieces = 8
	}
	if n, err := strconv.Atoi(os.Getenv("RIFFLE_TEST_CRASHES")); err == nil && n > 0 && s.Crashes == 0 {
		s.Crashes = n
	}
	if s.Crashes == 0 {
		s.Crashes = 20
		if testing.Short() {
			s.Crashes = 5
		}
	}
	if s.Seed == 0 {
		s.Seed = 1
	}
}

// Check fails the test where a query that was crashed gives anything else than one
// that was not. See Difference.
func Check(t testing.TB, q Query, s Settings) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	diff, err := Difference(ctx, q, s)
	if err != nil {
		t.Fatal(err)
	}
	if diff != "" {
		t.Error(diff)
	}
}

// Difference runs a query once as it is, and again and again with crashes, each
// time from the beginning. It returns the first difference between what a crashed
// one has given in a batch, or in all, and what the first one has; "" where there
// is none. An error says that a run failed by itself.
func Difference(ctx context.Context, q Query, s Settings) (string, error) {
	s.defaults()
	if q.Backends == nil {
		q.Backends = []string{"memory", "memory", "disk"}
	}
	streams, err := q.cut(rand.New(rand.NewPCG(s.Seed, 1)), s.Pieces)
	if err != nil {
		return "", err
	}
	h := &history{query: &q, out: exectest.NewCollect(), disk: memory.New()}
	first := h.life(streams, 2, "memory", end{})
	if _, err := first.live(ctx); err != nil {
		return "", fmt.Errorf("without crashes: %w", err)
	}
	want, err := h.given()
	if err != nil {
		return "", fmt.Errorf("without crashes: %w", err)
	}
	for n := range s.Crashes {
		random := rand.New(rand.NewPCG(s.Seed, uint64(n+2)))
		h := &history{query: &q, out: exectest.NewCollect(), disk: memory.New()}
		for crashed := true; crashed; {
			l := h.life(streams, 1+random.IntN(3), q.Backends[random.IntN(len(q.Backends))], h.chooseEnd(random, first.calls))
			if random.IntN(4) == 0 {
				l.full = 1 + random.IntN(first.calls)
			}
			if crashed, err = l.live(ctx); err != nil {
				return "", fmt.Errorf("%s: %w", h, err)
			}
		}
		got, err := h.given()
		if err != nil {
			return fmt.Sprintf("%s: %v", h, err), nil
		}
		if d := difference(want, got); d != "" {
			return fmt.Sprintf("%s: %s", h, d), nil
		}
	}
	return "", nil
}

// history is a query from its first run to its last.
type history struct {
	query *Query
	out   *exectest.Collect
	disk  *memory.Store
	lives []*life
}

func (h *history) life(streams *feeds.Streams, cores int, backend string, e end) *life {
	l := &life{query: h.query, streams: streams, out: h.out, disk: h.disk, cores: cores, backend: backend, end: e}
	h.lives = append(h.lives, l)
	return l
}

// crashes is the most of one history.
const crashes = 6

// chooseEnd chooses where the next run ends: often soon, so that there are several.
func (h *history) chooseEnd(random *rand.Rand, calls int) end {
	if len(h.lives) >= 1+random.IntN(crashes) {
		return end{}
	}
	if random.IntN(2) == 0 {
		points := slices.Concat([]string{"B", "C", "H", "I"}, h.query.Points)
		e := end{point: points[random.IntN(len(points))], times: 1 + random.IntN(4)}
		if slices.Contains(h.query.Points, e.point) {
			e.times = 1
		}
		return e
	}
	return end{call: 1 + random.IntN(1+random.IntN(calls)), after: random.IntN(2) == 0}
}

// String tells the history, for messages.
func (h *history) String() string {
	var out []string
	for _, l := range h.lives {
		text := fmt.Sprintf("%d tasks and state in %s until %s", l.cores, l.backend, l.end)
		if l.filled > 0 {
			text += fmt.Sprintf(", no space at call %d of the store", l.filled)
		}
		out = append(out, text)
	}
	return strings.Join(out, ", then ")
}

// result is what a query has given.
type result struct {
	batches [][]string
	table   []string
}

func (h *history) given() (result, error) {
	table, err := h.out.Table()
	return result{h.out.Batches(), table}, err
}

// difference describes the first difference between two results, or is "".
func difference(want, got result) string {
	for i, w := range want.batches {
		if i >= len(got.batches) {
			return fmt.Sprintf("there are %d batches instead of %d", len(got.batches), len(want.batches))
		}
		if fmt.Sprint(w) != fmt.Sprint(got.batches[i]) {
			return fmt.Sprintf("batch %d is\n%s\ninstead of\n%s", i, strings.Join(got.batches[i], "\n"), strings.Join(w, "\n"))
		}
	}
	if len(got.batches) > len(want.batches) {
		return fmt.Sprintf("there are %d batches instead of %d", len(got.batches), len(want.batches))
	}
	if fmt.Sprint(want.table) != fmt.Sprint(got.table) {
		return fmt.Sprintf("the result is\n%s\ninstead of\n%s", strings.Join(got.table, "\n"), strings.Join(want.table, "\n"))
	}
	return ""
}
