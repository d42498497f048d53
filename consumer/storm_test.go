package consumer

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

type stormCase struct {
	static   bool
	delivery Delivery
}

func (c stormCase) String() string {
	return fmt.Sprintf("static %v, delivery %v", c.static, c.delivery)
}

// Members join, leave and die while others work, each after some transactions
// of the group. Only static ones die, and come back by their name: kfake never
// misses a dynamic one that dies between joining and syncing.
// GUARANTEES.md R11; S12.
func TestRebalanceStorm(t *testing.T) {
	cases := []stormCase{{false, ExactlyOnce}, {false, AtLeastOnce}, {true, ExactlyOnce}, {true, AtLeastOnce}}
	together(t, len(cases), cases, func(t *testing.T, c stormCase) {
		b := newBed(t, 6)
		b.delivery = c.delivery
		b.tune = func(c *Config) { c.MaxRecords = 4 }
		rng := rand.New(rand.NewPCG(1, 1))
		b.produce(400)
		b.stay = true
		begin := func(name string) *member {
			if c.static {
				b.tune = func(c *Config) { c.MaxRecords, c.Instance = 4, name }
			}
			return b.start(name, func(m *member, point string) {
				if m.dying.Load() && (point == "processed" || point == "idle") {
					m.crash()
				}
			})
		}
		steady := begin("steady")
		crashed, left := 0, 0
		for round := range 8 {
			m := begin(fmt.Sprintf("m%d", round%3))
			until := b.commits.Load() + 3 + rng.Int64N(10)
			for b.commits.Load() < until {
				if b.drained() {
					b.produce(100)
				}
				b.nextCommit()
			}
			if c.static && rng.IntN(2) == 0 {
				crashed++
				m.dying.Store(true)
			} else {
				left++
				m.cancel()
			}
			<-m.done
		}
		b.stay = false
		members := []*member{steady}
		if c.static { // whoever died is replaced
			for i := range 3 {
				members = append(members, begin(fmt.Sprintf("m%d", i)))
			}
		}
		steady.stay.Store(false)
		for _, m := range members {
			m.end()
		}
		b.judge()
		t.Logf("%d members died, %d left, %d transactions, %d given up", crashed, left, b.commits.Load(), b.aborts.Load())
		if c.static && crashed == 0 || left == 0 {
			t.Error("the storm was none")
		}
	})
}

// A member that idles is rebalanced twice, which a session of franz-go tells it
// once; what it reads and commits afterwards must be its own: S11.
func TestRebalancedTwiceWhileIdle(t *testing.T) {
	b := newBed(t, 6)
	b.produce(60)
	b.stay = true
	members := []*member{b.start("a", nil)}
	for !b.drained() {
		b.nextCommit()
	}
	for i, id := range []string{"b", "c"} {
		members = append(members, b.start(id, nil))
		if _, err := b.cluster.WaitGroupInfo(t.Context(), bedGroup, func(g *kfake.GroupInfo) bool {
			with := 0
			for _, m := range g.Members {
				if m.NumAssigned() > 0 {
					with++
				}
			}
			return with == i+2
		}); err != nil {
			t.Fatal(err)
		}
	}
	b.produce(600)
	for _, m := range members {
		m.stay.Store(false)
	}
	for _, m := range members {
		m.end()
	}
	b.judge()
}

// The first transaction is given up where the log begins past 0 and nothing was
// ever committed: reading goes on at the true start. S14.
func TestFirstTransactionAbortsWhereTheLogWasCut(t *testing.T) {
	b := newBed(t, 2)
	b.produce(100)
	const deleted = 30
	for p := range b.partitions {
		if err := b.cluster.DeleteRecords("in", p, deleted); err != nil {
			t.Fatal(err)
		}
	}
	b.produced -= deleted * int(b.partitions)
	fault := b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.TxnOffsetCommit}, Err: kerr.IllegalGeneration, Count: 1})
	b.start("x", nil).end()
	if fault.Hits() == 0 || b.aborts.Load() == 0 {
		t.Errorf("%d faults, %d transactions given up", fault.Hits(), b.aborts.Load())
	}
	b.judge()
}

// The coordinators of group and transactions move from broker to broker, and
// partitions have no leader for a while: S15. Leaders do
// not really move, because kfake then answers as after a truncation.
func TestCoordinatorsMoveAndLeadersAreAway(t *testing.T) {
	b := newBed(t, 4, kfake.NumBrokers(3))
	b.tune = func(c *Config) { c.MaxRecords = 4 }
	b.produce(400)
	var moves atomic.Int64
	away := b.cluster.Fault(
		kfake.Fault{Keys: []kmsg.Key{kmsg.Produce, kmsg.Fetch}, Topic: "out", Err: kerr.NotLeaderForPartition, Count: 10},
		kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: "in", Err: kerr.NotLeaderForPartition, Count: 10},
		kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.NotEnoughReplicas, Count: 10})
	m := b.start("x", func(_ *member, point string) {
		if point == "processed" && moves.Add(1)%3 == 0 {
			b.cluster.RehashCoordinators()
		}
	})
	m.end()
	b.judge()
	if moves.Load() < 10 || away.Hits() < 20 {
		t.Errorf("%d transactions, %d requests refused", moves.Load(), away.Hits())
	}
}
