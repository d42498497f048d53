package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// generations follows the generation of a group by what its members send.
type generations struct {
	mu     sync.Mutex
	latest int32
	beats  int
}

func followGenerations(c *kfake.Cluster) *generations {
	g := &generations{}
	c.ControlKey(int16(kmsg.Heartbeat), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		g.mu.Lock()
		defer g.mu.Unlock()
		g.beats++
		g.latest = max(g.latest, req.(*kmsg.HeartbeatRequest).Generation)
		return nil, nil, false
	})
	return g
}

func (g *generations) get() int32 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.latest
}

// await lets n heartbeats pass.
func (g *generations) await(t *testing.T, client []kgo.Opt, n int) {
	beats := func() int { g.mu.Lock(); defer g.mu.Unlock(); return g.beats }
	for until := beats() + n; beats() < until; {
		produce(t, client, "in", 4, 4)
	}
}

// countingStage is a copyStage that says when it has worked.
type countingStage struct {
	*copyStage
	changes atomic.Int64 // partitions given or taken
	copied  chan struct{}
}

func newCountingStage(t *testing.T, total *atomic.Int64) *countingStage {
	return &countingStage{copyStage: &copyStage{t: t, counts: map[Partition]int64{}, total: total, want: 1 << 40}, copied: make(chan struct{}, 1)}
}

func (s *countingStage) Assign(ctx context.Context, commits []Commit) error {
	s.changes.Add(int64(len(commits)))
	return s.copyStage.Assign(ctx, commits)
}

func (s *countingStage) Revoke(partitions []Partition) {
	s.changes.Add(int64(len(partitions)))
	s.copyStage.Revoke(partitions)
}

func (s *countingStage) Committed() error {
	if len(s.pending) > 0 {
		select {
		case s.copied <- struct{}{}:
		default:
		}
	}
	return s.copyStage.Committed()
}

// settled returns the generation once both members have partitions and have
// copied something in it.
func settled(t *testing.T, g *generations, client []kgo.Opt, stages ...*countingStage) int32 {
	t.Helper()
	for {
		before := g.get()
		for _, s := range stages {
			for working := true; working; {
				produce(t, client, "in", 4, 40)
				select {
				case <-s.copied:
					working = false
				case <-time.After(100 * time.Millisecond):
				}
			}
		}
		if g.get() == before {
			return before
		}
	}
}

// restartOne runs two members, restarts one, and returns how many partitions
// changed hands at the other, and how often a member left.
func restartOne(t *testing.T, static bool) (moved, left int64) {
	cluster, client := testBroker(t, map[string]int32{"in": 4, "out": 4})
	g := followGenerations(cluster)
	var leaves atomic.Int64
	cluster.ControlKey(int16(kmsg.LeaveGroup), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		leaves.Add(1)
		return nil, nil, false
	})
	var total atomic.Int64
	var wg sync.WaitGroup
	run := func(ctx context.Context, name string, s *countingStage) <-chan struct{} {
		ended := make(chan struct{})
		c := Config{Name: "copy", Client: append(client[:len(client):len(client)], kgo.SessionTimeout(30*time.Second)), Group: "g", TransactionalID: "copy-" + name,
			CommitInterval: 5 * time.Millisecond, EndTimeout: 5 * time.Second, MaxRecords: 200, Lead: "in", Log: slog.New(slog.DiscardHandler)}
		if static {
			c.Instance = name
		}
		wg.Go(func() {
			defer close(ended)
			if err := Run(ctx, c, s); err != nil {
				t.Error(err)
			}
		})
		return ended
	}
	steady, stopSteady := context.WithCancel(t.Context())
	first, stopFirst := context.WithCancel(steady)
	a, b := newCountingStage(t, &total), newCountingStage(t, &total)
	ended := run(first, "a", a)
	run(steady, "b", b)
	settled(t, g, client, a, b)
	changes := b.changes.Load()
	for len(b.copied) > 0 {
		<-b.copied
	}
	stopFirst()
	<-ended
	for g.await(t, client, 5); !static && b.changes.Load() == changes; { // the other one has heard of it
		g.await(t, client, 1)
	}
	again := newCountingStage(t, &total)
	run(steady, "a", again)
	settled(t, g, client, again, b)
	moved, left = b.changes.Load()-changes, leaves.Load()
	stopSteady()
	wg.Wait()
	for key, n := range consume(t, client, "out") {
		if n == 0 {
			t.Errorf("record %s is missing", key)
		}
	}
	return moved, left
}

// A static member that is back within the session timeout finds its partitions
// as it left them, and the other one is not disturbed (GUARANTEES.md). A
// dynamic one leaves, and the other one gets partitions, which shows that it
// would have been seen. That there is no rebalance at all is for a real Kafka
// to say (TestRollingRestart): kfake wants the very same metadata for that.
func TestRestartOfAStaticMemberMovesNothing(t *testing.T) {
	moved, left := restartOne(t, true)
	if moved != 0 || left != 0 {
		t.Errorf("static: %d partitions moved at the other member, %d members left", moved, left)
	}
	moved, left = restartOne(t, false)
	t.Logf("dynamic: %d partitions moved at the other member, %d members left", moved, left)
	if moved == 0 || left == 0 {
		t.Error("a rebalance would not have been seen")
	}
}

// Two processes with one instance name: the one that came first ends with an
// error that names it, the other one works (GUARANTEES.md R5).
func TestAnInstanceNameInUseEndsTheFirst(t *testing.T) {
	cluster, client := testBroker(t, map[string]int32{"in": 4, "out": 4})
	g := followGenerations(cluster)
	var total atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	ends := make(chan error, 2)
	stages := []*countingStage{newCountingStage(t, &total), newCountingStage(t, &total)}
	for i, s := range stages {
		go func() {
			ends <- Run(ctx, Config{
				Name: "copy", Client: client, Group: "g", TransactionalID: "copy", Instance: "worker-7", CommitInterval: 5 * time.Millisecond,
				EndTimeout: 5 * time.Second, MaxRecords: 200, Lead: "in", Log: slog.New(slog.DiscardHandler),
			}, s)
		}()
		if i == 0 {
			settled(t, g, client, s)
		}
	}
	err := <-ends
	if !errors.Is(err, ErrFatal) || !strings.Contains(fmt.Sprint(err), `kafka.instance "worker-7" is in use by another process`) {
		t.Fatalf("the first to end says %v", err)
	}
	before := total.Load()
	for total.Load() <= before {
		produce(t, client, "in", 4, 40)
	}
	select {
	case err := <-ends:
		t.Errorf("the other one ended too: %v", err)
	default:
	}
	stop()
	if err := <-ends; err != nil {
		t.Error(err)
	}
}
