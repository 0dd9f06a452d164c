package crash

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/riffledata/riffle/exec/exectest/broker"
)

// brokerEnv is the environment variable by which a process knows that it is a
// broker: its port and its folder.
const brokerEnv = "RIFFLE_CRASH_BROKER"

// brokerMain is a broker that runs until its standard input ends.
func brokerMain(text string) {
	var o broker.Options
	if _, err := fmt.Sscan(text, &o.Port, &o.Dir); err != nil {
		panic(err)
	}
	b, err := broker.Embedded(context.Background(), o)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("listening")
	_, _ = io.Copy(io.Discard, os.Stdin)
	b.Close()
	os.Exit(0)
}

// mortal is a broker in a process of its own, which keeps its data in a folder.
type mortal struct {
	t    *testing.T
	port int
	dir  string
	cmd  *exec.Cmd
	life io.Closer // closing it ends the process
}

func newMortal(t *testing.T) *mortal {
	t.Helper()
	m := &mortal{t: t, port: quietPort(t), dir: t.TempDir()}
	if err := m.start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.kill)
	return m
}

// quietPort returns a free port, of those that a system gives to nobody who has not
// asked for it: every connection takes a port, and while the broker is away one of
// them could have its.
func quietPort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 20000 + rand.IntN(10000)
		free, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			free.Close()
			return port
		}
	}
	t.Fatal("there is no free port")
	return 0
}

func (m *mortal) start() error {
	m.cmd = exec.Command(os.Args[0])
	m.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", brokerEnv, m.port, m.dir))
	var err error
	if m.life, err = m.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := m.cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if strings.TrimSpace(line) != "listening" {
		return fmt.Errorf("the broker said %q, %v", line, err) //nolint:errorlint // the error may be none
	}
	return nil
}

func (m *mortal) kill() {
	_ = m.cmd.Process.Kill() // it may have ended
	_ = m.cmd.Wait()         // it was killed
}

// restart ends the broker and starts it again with its data. It is not killed: where
// a transaction was open, the embedded broker keeps no record of its end then, and
// shows its rows after the next start but one, or hides those of others. The real
// one is killed, by cmd/repofault.
func (m *mortal) restart(ctx context.Context) error {
	if err := m.life.Close(); err != nil {
		return err
	}
	if err := m.cmd.Wait(); err != nil {
		return err
	}
	select {
	case <-time.After(100 * time.Millisecond):
	case <-ctx.Done():
		return ctx.Err()
	}
	return m.start()
}

// A broker that goes and comes again, in the middle of transactions, is waited for.
func TestBrokerRestarted(t *testing.T) {
	t.Parallel()
	needProcesses(t)
	m := newMortal(t)
	c := small(t, Counts, fmt.Sprintf("127.0.0.1:%d", m.port))
	c.Restart, c.Restarts = m.restart, 2
	if r := run(t, c); !r.OK() || r.Restarts != 2 {
		t.Errorf("%s\n%q", r, r.Examples)
	}
}
