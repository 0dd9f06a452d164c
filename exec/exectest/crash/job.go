package crash

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/riffledata/riffle/dataframe"
	"github.com/riffledata/riffle/exec"
	"github.com/riffledata/riffle/exec/journal"
	"github.com/riffledata/riffle/exec/sink"
)

// Env is the environment variable by which a process knows that it is a child,
// and what to run: a job as JSON.
const Env = "RIFFLE_CRASH_JOB"

// The exit codes of a child.
const (
	codeFailed  = 1
	codeOrphan  = 3
	codeDeposed = 77
)

// What a child says on its standard output.
const (
	saidCommit = "commit"
	saidAt     = "at "
)

// job is one run of the query in a child.
type job struct {
	Workload   string
	Brokers    string
	Prefix     string // of the topics
	Checkpoint string
	Control    string
	Cores      int
	Disk       bool // state on disk
	Limit      int  // the most records of a batch
	Drain      bool // end when all is read

	Point string // where to end, "" for nowhere
	Times int    // the how manieth time it comes there
	Delay time.Duration
	Stop  bool // stop there and not die
}

// Child runs the job that the environment names, and ends the process. It does
// nothing where there is none: call it first in main, or in TestMain.
func Child() {
	text := os.Getenv(Env)
	if text == "" {
		return
	}
	go func() { // the parent holds the other end of the pipe
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(codeOrphan)
	}()
	os.Exit(childMain(text))
}

func childMain(text string) int {
	var j job
	err := json.Unmarshal([]byte(text), &j)
	if err == nil {
		err = j.run(context.Background())
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, err)
	if errors.Is(err, journal.ErrDeposed) || errors.Is(err, sink.ErrDeposed) {
		return codeDeposed
	}
	return codeFailed
}

// run runs the query until it ends, fails, or this process does.
func (j *job) run(ctx context.Context) error {
	t := &trap{job: j}
	opts := []exec.Option{exec.Cores(j.Cores), exec.CrashPoints(t.reached)}
	if j.Control == NoResume {
		opts = append(opts, exec.WithSink(noResume(j.Checkpoint)))
	}
	s := dataframe.Open(ctx, exec.Local(opts...))
	backend := "memory"
	if j.Disk {
		backend = "disk"
	}
	for key, value := range map[string]string{"riffle.checkpoint.retain": "1000000", "riffle.watermark.idle": "0", "riffle.state.backend": backend} {
		if err := s.Conf().Set(key, value); err != nil {
			return err
		}
	}
	w, err := j.query(s)
	if err != nil {
		return err
	}
	trigger := dataframe.DefaultTrigger()
	if j.Drain {
		trigger = dataframe.AvailableNow()
	}
	q, err := w.Checkpoint(j.Checkpoint).Trigger(trigger).Start(ctx)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	err = q.AwaitTermination(ctx)
	return errors.Join(err, s.Close())
}

// trap ends or stops this process where the job says.
type trap struct {
	job  *job
	mu   sync.Mutex
	seen int
}

// reached hears of each point that the query comes to.
func (t *trap) reached(point string) {
	if point == Committed {
		say(saidCommit)
	}
	if !t.closes(point) {
		return
	}
	time.Sleep(t.job.Delay)
	say(saidAt + point)
	if t.job.Stop {
		stopSelf()
		return
	}
	killSelf()
	select {} // the signal is on its way
}

func (t *trap) closes(point string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if point == t.job.Point {
		t.seen++
	}
	return point == t.job.Point && t.seen == t.job.Times
}

// say writes a line in one piece. That nobody reads any more is noticed otherwise.
func say(line string) { _, _ = os.Stdout.WriteString(line + "\n") }
