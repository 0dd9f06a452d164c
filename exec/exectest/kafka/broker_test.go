package kafka

import (
	"bufio"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"
)

// asChild makes the test binary start a broker, print its address and sleep:
// someone who can be killed.
const asChild = "RIFFLE_KAFKA_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(asChild) != "" {
		child()
		return
	}
	goleak.VerifyTestMain(m)
}

func child() {
	b, err := Start(context.Background(), Options{})
	if err != nil {
		os.Stdout.WriteString("error " + err.Error() + "\n")
		return
	}
	os.Stdout.WriteString(b.Addr() + " " + b.log.Name() + "\n")
	time.Sleep(time.Hour)
}

func TestStart(t *testing.T) {
	b := start(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.DefaultProduceTopic("dns"), kgo.ConsumeTopics("dns"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := kadm.NewClient(client).CreateTopic(ctx, 2, 1, nil, "dns"); err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(ctx, kgo.StringRecord("hello")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if got := client.PollFetches(ctx).Records(); len(got) != 1 || string(got[0].Value) != "hello" {
		t.Errorf("read back %d records, want the one", len(got))
	}

	dir := filepath.Dir(b.log.Name())
	for range 2 {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := b.Wait(ctx); err != nil {
		t.Errorf("waiting for a closed broker: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Errorf("%s is left", dir)
	}
	if conn, err := net.Dial("tcp", b.Addr()); err == nil {
		conn.Close()
		t.Error("somebody still listens after Close")
	}
}

// A broker ends when the process that started it is killed.
func TestStarterKilled(t *testing.T) {
	need(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asChild+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, log, ok := strings.Cut(strings.TrimSpace(line), " ")
	if err != nil || !ok || addr == "error" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	for range 100 {
		_, err := os.Stat(filepath.Dir(log))
		conn, dial := net.Dial("tcp", addr)
		if dial == nil {
			conn.Close()
		}
		if err != nil && dial != nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("the broker at %s lives on", addr)
}

func TestStartFails(t *testing.T) {
	if _, err := Start(t.Context(), Options{Jars: filepath.Join(t.TempDir(), "none")}); !errors.Is(err, ErrMissing) ||
		!strings.Contains(err.Error(), "repokafka fetch") {
		t.Errorf("without jars: %v", err)
	}
	need(t)
	_, err := Start(t.Context(), Options{Properties: map[string]string{"node.id": "one"}})
	if !errors.Is(err, errEnded) || !strings.Contains(err.Error(), "Invalid value one") {
		t.Errorf("with a bad property: %v", err)
	}
}

// need skips the test where there is no broker to start.
func need(t *testing.T) {
	t.Helper()
	if _, _, _, err := find(""); err != nil {
		t.Skip(err)
	}
}

func start(t *testing.T) *Broker {
	t.Helper()
	need(t)
	b, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}
