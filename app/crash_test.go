package app_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"hindsight/app"
	"hindsight/app/config"
	"hindsight/consumer/faultnet"
)

// steppedClock stands still until it is moved.
type steppedClock struct {
	mu    sync.Mutex
	now   time.Time
	moved chan struct{}
}

func newSteppedClock() *steppedClock {
	return &steppedClock{now: time.Unix(0, 0), moved: make(chan struct{})}
}

func (c *steppedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *steppedClock) Sleep(ctx context.Context, d time.Duration) error {
	for until := c.Now().Add(d); ; {
		c.mu.Lock()
		now, moved := c.now, c.moved
		c.mu.Unlock()
		if !now.Before(until) {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *steppedClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	close(c.moved)
	c.moved = make(chan struct{})
}

const crashLoans = 12_000

// crashPoints are the requests of the whole program, not arrived and not
// answered: those of each stage, of a recovery and of the reading of clocks.
func crashPoints(delivery string) []*faultnet.Strike {
	clients := map[string][]kmsg.Key{
		// In the order in which a stage sends them first.
		"hindsight-admin": {kmsg.ListOffsets, kmsg.OffsetFetch},
		"hindsight":       {kmsg.Fetch},
	}
	for _, stage := range config.AllStages() {
		keys := []kmsg.Key{
			kmsg.ApiVersions, kmsg.InitProducerID, kmsg.FindCoordinator, kmsg.Metadata, kmsg.JoinGroup, kmsg.SyncGroup, kmsg.OffsetFetch,
			kmsg.ListOffsets, kmsg.Fetch, kmsg.Heartbeat, kmsg.Produce, kmsg.TxnOffsetCommit, kmsg.EndTxn,
		}
		if delivery == config.AtLeastOnce { // the rest is as above, and WATCH as ever
			keys = []kmsg.Key{kmsg.Produce, kmsg.OffsetCommit}
			if stage == config.StageWatch {
				keys = []kmsg.Key{kmsg.Produce, kmsg.EndTxn}
			}
		}
		clients["hindsight-"+string(stage)] = keys
	}
	var points []*faultnet.Strike
	for _, client := range slices.Sorted(maps.Keys(clients)) {
		keys := clients[client]
		for _, key := range keys {
			for _, response := range []bool{false, true} {
				points = append(points, &faultnet.Strike{Client: client, Key: key, Response: response, Action: faultnet.Cut})
			}
		}
	}
	return points
}

// crashAt runs a process until it dies at the point. While it lives, the world goes on.
func (s *stand) crashAt(point *faultnet.Strike, dir string, clock *steppedClock, step time.Duration) {
	s.t.Helper()
	network := faultnet.New(s.dial())
	o := s.options(dir)
	o.Client = append(o.Client, kgo.Dialer(network.Dial))
	o.InputsEnd = nil
	o.Group = []kgo.Opt{kgo.SessionTimeout(time.Second), kgo.RebalanceTimeout(2 * time.Second), kgo.HeartbeatInterval(100 * time.Millisecond),
		kgo.TransactionTimeout(5 * time.Second), kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond })}
	o.Config.Kafka.TransactionTimeout = time.Second // how long the dead go on trying
	a, err := app.New(s.t.Context(), o)
	if err != nil {
		s.t.Fatal(err)
	}
	network.Strike(point)
	var working []*faultnet.Strike // hit once all stages have taken up their work
	for _, stage := range config.AllStages() {
		working = append(working, network.Strike(&faultnet.Strike{Client: "hindsight-" + string(stage), Key: kmsg.Fetch, Action: faultnet.Keep}))
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for alive := true; alive; {
		select {
		case <-point.Hit():
			alive = false
		case err := <-done:
			s.t.Fatalf("%v: the process ended before: %v", point, err)
		case <-tick.C:
			if !slices.ContainsFunc(working, func(w *faultnet.Strike) bool { return w.Hits() == 0 }) {
				clock.move(step)
			}
		}
	}
	cancel()
	if err := errors.Join(<-done, a.Close()); err != nil {
		s.t.Fatalf("%v: %v", point, err)
	}
}

// The whole program dies at every request that one of its parts sends, and is
// started again: GUARANTEES.md R2. At least once publishes some scores
// and forwards some labels again, and nothing else differs.
func TestTheProgramCrashesAtEveryRequest(t *testing.T) {
	want := parsed(t, newStand(t, crashLoans, 0).finish(t.TempDir()))
	for _, delivery := range []string{config.ExactlyOnce, config.AtLeastOnce} {
		t.Run(delivery, func(t *testing.T) {
			clock := newSteppedClock()
			s := newStandBy(t, crashLoans, 1, clock)
			// kfake never misses a member that died between joining and syncing,
			// once the others have synced; a static one is replaced by its successor.
			s.instance, s.tune = "crashing", func(c *config.Config) { c.Kafka.Delivery = delivery }
			points, dir := crashPoints(delivery), t.TempDir()
			rng := rand.New(rand.NewPCG(1, 1))
			rng.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
			for _, p := range points {
				if p.Client == "hindsight" { // the disk is lost, so that there is much to recover
					if err := os.RemoveAll(filepath.Join(dir, "join")); err != nil {
						t.Fatal(err)
					}
				}
				s.crashAt(p, dir, clock, 50*time.Millisecond)
			}
			clock.move(1000 * time.Hour)
			got := parsed(t, s.finish(dir))
			repeated := got.Outcomes["duplicate"]
			t.Logf("crashed at %d points, all hit; %d scores published twice", len(points), repeated)
			if delivery == config.AtLeastOnce {
				if repeated == 0 {
					t.Error("no score was published twice: the crashes did not meet what this is about")
				}
				if got.Labels["duplicate"] < want.Labels["duplicate"] {
					t.Errorf("%d labels are duplicates, want at least %d", got.Labels["duplicate"], want.Labels["duplicate"])
				}
				for _, r := range []app.Report{want, got} {
					delete(r.Outcomes, "duplicate")
					delete(r.Labels, "duplicate")
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("report after %d crashes (-undisturbed +got):\n%s", len(points), diff)
			}
		})
	}
}

// dial is how the processes of the stand reach its broker.
func (s *stand) dial() faultnet.Dialer {
	client, err := kgo.NewClient(s.broker.ClientOptions()...)
	if err != nil {
		s.t.Fatal(err)
	}
	defer client.Close()
	dial, ok := client.OptValue(kgo.Dialer).(func(context.Context, string, string) (net.Conn, error))
	if !ok {
		s.t.Fatal("the broker's client options have no dialer")
	}
	return dial
}
