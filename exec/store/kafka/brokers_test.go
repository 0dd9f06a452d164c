package kafka

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/riffledata/riffle/exec/exectest/storetest"
	"github.com/riffledata/riffle/exec/store"
)

// three starts a cluster of three brokers.
func three(t *testing.T) (*kfake.Cluster, Config) {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, Config{Brokers: c.ListenAddrs(), Topic: "checkpoint"}
}

func openStore(t *testing.T, conf Config) *Store {
	t.Helper()
	s, err := Open(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// The topic's leader moves all the time.
func TestStoreWhileLeadersMove(t *testing.T) {
	c, conf := three(t)
	ctx, stop := context.WithCancel(context.Background())
	moved := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			time.Sleep(15 * time.Millisecond)
			_ = c.MoveTopicPartition("checkpoint", 0, int32(n%3)) // at first there is no topic
		}
		moved <- n
	}()
	storetest.Run(t, func() (store.Store, error) { return Open(conf) }, storetest.Options{Names: 3})
	stop()
	t.Logf("%d moves", <-moved)
}

// gone takes a broker away: nobody gets a connection to it, and those there are end.
// The topic is led by another one.
func gone(t *testing.T, c *kfake.Cluster, node int32) {
	t.Helper()
	if err := c.RemoveNode(node); err != nil {
		t.Fatal(err)
	}
	c.Control(func(kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		if c.CurrentNode() == node {
			return nil, errors.New("gone"), true
		}
		return nil, nil, false
	})
}

// The leader dies while a store knows it as such: for reading, listing and writing the
// next one is found soon.
func TestStoreWithoutALeader(t *testing.T) {
	for what, act := range map[string]func(context.Context, *Store) error{
		"get": func(ctx context.Context, s *Store) error {
			got, err := s.Get(ctx, "epochs/2")
			if err == nil && string(got) != "two" {
				err = fmt.Errorf("it is %q", got)
			}
			return err
		},
		"list": func(ctx context.Context, s *Store) error {
			names, err := s.List(ctx, "epochs/")
			if err == nil && len(names) != 2 {
				err = fmt.Errorf("there are %q", names)
			}
			return err
		},
		"put": func(ctx context.Context, s *Store) error {
			now, created, err := s.PutIfAbsent(ctx, "epochs/2", []byte("deux"))
			if err == nil && (created || string(now) != "two") {
				err = fmt.Errorf("it is %q", now)
			}
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c, conf := three(t)
			s, other := openStore(t, conf), openStore(t, conf)
			if _, _, err := s.PutIfAbsent(t.Context(), "epochs/1", []byte("one")); err != nil {
				t.Fatal(err)
			}
			if _, _, err := other.PutIfAbsent(t.Context(), "epochs/2", []byte("two")); err != nil {
				t.Fatal(err)
			}
			gone(t, c, c.LeaderFor("checkpoint", 0))
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // the library asks a leader that is gone for 30
			defer cancel()
			if err := act(ctx, s); err != nil {
				t.Error(err)
			}
		})
	}
}

// Errors that pass while leaders are elected are waited out.
func TestStoreDuringElections(t *testing.T) {
	c, conf := three(t)
	s := openStore(t, conf)
	if _, _, err := s.PutIfAbsent(t.Context(), "epochs/1", []byte("one")); err != nil {
		t.Fatal(err)
	}
	for _, f := range []kfake.Fault{
		{Keys: []kmsg.Key{kmsg.ListOffsets}, Err: kerr.OffsetNotAvailable},
		{Keys: []kmsg.Key{kmsg.ListOffsets}, Err: kerr.FencedLeaderEpoch},
		{Keys: []kmsg.Key{kmsg.ListOffsets}, Err: kerr.UnknownTopicOrPartition},
		{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.NotLeaderForPartition},
		{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.OffsetNotAvailable},
		{Keys: []kmsg.Key{kmsg.Fetch}, Err: kerr.UnknownTopicID},
		{Keys: []kmsg.Key{kmsg.Metadata}, Err: kerr.LeaderNotAvailable},
		{Keys: []kmsg.Key{kmsg.Metadata}, Err: kerr.UnknownTopicOrPartition},
	} {
		t.Run(f.Keys[0].Name()+" "+f.Err.Message, func(t *testing.T) {
			f.Count, f.Topic = 2, "checkpoint"
			h := c.Fault(f)
			defer h.Remove()
			fresh := openStore(t, conf)
			if got, err := fresh.Get(t.Context(), "epochs/1"); err != nil || string(got) != "one" {
				t.Errorf("%q, %v", got, err)
			}
			if _, created, err := fresh.PutIfAbsent(t.Context(), "epochs/1", []byte("other")); err != nil || created {
				t.Errorf("created %t, %v", created, err)
			}
			t.Logf("%d answers failed", h.Hits())
		})
	}
}
