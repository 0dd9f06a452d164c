package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Options say how a broker is started. The zero value is good.
type Options struct {
	// Jars is their folder; empty means Dir().
	Jars string
	// Properties are added to the broker's server.properties, and win over what
	// stands there.
	Properties map[string]string
}

// Broker is a running broker. It is safe for concurrent use.
type Broker struct {
	addr string
	size int // of its cluster
	dir  string
	cmd  *exec.Cmd
	life *os.File // closing it ends the broker
	end  *os.File // reads io.EOF once the broker has ended
	log  *os.File
	stop sync.Once
	err  error // of the stop
}

// startTime is how long a broker may take to answer: usually two seconds, on a
// busy machine many times that.
const startTime = 3 * time.Minute

// starts is how often Start tries: between choosing free ports and the broker's
// listening another process may take them.
const starts = 3

// Start starts a broker and returns once it answers. ctx bounds the start alone;
// Close ends the broker.
func Start(ctx context.Context, opts Options) (*Broker, error) {
	c, err := StartCluster(ctx, 1, opts)
	if err != nil {
		return nil, err
	}
	return c.brokers[0], nil
}

// Addr returns the broker's address, as bootstrap servers are given.
func (b *Broker) Addr() string { return b.addr }

// Close kills the broker, removes its data and waits for both. It may be called
// more than once.
func (b *Broker) Close() error {
	b.stop.Do(func() {
		b.life.Close()
		err := b.cmd.Wait()
		b.end.Close()
		b.log.Close()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			b.err = fmt.Errorf("ending Kafka: %w", err)
		}
	})
	return b.err
}

// Wait returns when the broker has ended, whoever ended it, or with ctx's error.
func (b *Broker) Wait(ctx context.Context) error {
	for ctx.Err() == nil {
		if b.ended(100 * time.Millisecond) {
			return nil
		}
	}
	return ctx.Err()
}

// ended waits up to d for the broker's end.
func (b *Broker) ended(d time.Duration) bool {
	if err := b.end.SetReadDeadline(time.Now().Add(d)); err != nil {
		return true
	}
	_, err := b.end.Read(make([]byte, 1))
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}

// kit is what brokers run with.
type kit struct{ java, shell, classPath string }

// launch makes a folder and starts the script, for one of the nodes.
func launch(k kit, opts Options, self node, all []node) (*Broker, error) {
	dir, err := os.MkdirTemp("", "riffle-kafka-")
	if err != nil {
		return nil, err
	}
	err = configure(dir, self, all, opts.Properties)
	var b *Broker
	if err == nil {
		b, err = begin(dir, k.shell, command(dir, k.java, k.classPath, heap(len(all))))
	}
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	b.addr, b.size = self.addr, len(all)
	return b, nil
}

// started waits for an answer of a broker that was launched.
func (b *Broker) started(ctx context.Context) error {
	err := b.ready(ctx)
	if err == nil {
		return nil
	}
	text := b.tail()
	if strings.Contains(text, "BindException") || strings.Contains(text, "Address already in use") {
		err = errPort
	}
	return fmt.Errorf("%w; its log ends:\n%s", err, text)
}

// begin starts the script. On success the folder is the script's to remove.
func begin(dir, shell string, command []string) (b *Broker, err error) {
	b = &Broker{dir: dir}
	if b.log, err = os.Create(filepath.Join(dir, "broker.log")); err != nil {
		return nil, err
	}
	held, life, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, b.log.Close())
	}
	end, written, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, b.log.Close(), held.Close(), life.Close())
	}
	b.life, b.end = life, end
	b.cmd = exec.Command(shell, append([]string{"-c", script, "riffle-kafka", dir}, command...)...)
	b.cmd.Stdin, b.cmd.Stdout, b.cmd.Stderr = held, written, b.log
	err = b.cmd.Start()
	held.Close()
	written.Close()
	if err != nil {
		return nil, errors.Join(err, b.log.Close(), life.Close(), end.Close())
	}
	return b, nil
}

// tail returns the end of the broker's log. It works after the folder is gone.
func (b *Broker) tail() string {
	const most = 4000
	info, err := b.log.Stat()
	if err != nil {
		return err.Error()
	}
	text, err := io.ReadAll(io.NewSectionReader(b.log, max(0, info.Size()-most), most))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}
