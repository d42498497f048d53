//go:build synctests

package consumer

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Members, a broker and their network live in a bubble whose clock jumps to
// the next thing that happens, so that days pass in seconds. The nemesis is
// seeded (SIMULATION_SEED), but this is time compression and not determinism:
// goroutines still race.
func TestSimulation(t *testing.T) {
	seed := uint64(1)
	if text := os.Getenv("SIMULATION_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = n
	}
	for _, delivery := range []Delivery{ExactlyOnce, AtLeastOnce} {
		t.Run(fmt.Sprintf("delivery %d, seed %d", delivery, seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { simulate(t, delivery, rand.New(rand.NewPCG(seed, uint64(delivery)))) })
		})
	}
}

const simulatedDays = 14

func simulate(t *testing.T, delivery Delivery, rng *rand.Rand) {
	network := new(kfake.VirtualNetwork)
	// Long heartbeats and fetches: each one wakes the bubble up.
	b := &bed{t: t, dial: network.DialContext, partitions: 4, delivery: delivery, highest: map[int32]int64{}, timeouts: []kgo.Opt{
		kgo.SessionTimeout(10 * time.Minute), kgo.RebalanceTimeout(10 * time.Minute), kgo.HeartbeatInterval(time.Minute),
		kgo.TransactionTimeout(5 * time.Minute), kgo.FetchMaxWait(5 * time.Minute), kgo.MetadataMaxAge(time.Hour),
		kgo.RequestTimeoutOverhead(time.Minute),
	}}
	b.tune = func(c *Config) { c.CommitInterval, c.EndTimeout, c.MaxRecords = time.Minute, 5*time.Minute, 50 }
	b.open([]kfake.Opt{kfake.NumBrokers(1), kfake.ListenFn(network.Listen), kfake.GroupMinSessionTimeout(time.Second), kfake.GroupMaxSessionTimeout(24 * time.Hour)})
	began := time.Now()
	b.stay = true
	names := []string{"a", "b", "c"}
	members := map[string]*member{}
	begin := func(name string) {
		tune := b.tune
		b.tune = func(c *Config) { tune(c); c.Instance = name }
		members[name] = b.start(name, nil)
		b.tune = tune
	}
	for _, name := range names {
		begin(name)
	}
	faults := []*kerr.Error{kerr.NotLeaderForPartition, kerr.CoordinatorNotAvailable, kerr.RebalanceInProgress, kerr.UnknownServerError, kerr.CoordinatorLoadInProgress}
	keys := []kmsg.Key{kmsg.Produce, kmsg.Fetch, kmsg.TxnOffsetCommit, kmsg.EndTxn, kmsg.OffsetCommit, kmsg.Heartbeat, kmsg.OffsetFetch, kmsg.FindCoordinator}
	crashes, frozen, left := 0, 0, 0
	var refused []*kfake.FaultHandle
	for time.Since(began) < simulatedDays*24*time.Hour {
		if n := len(refused); n > 0 {
			refused[n-1].Remove() // the producer of the inputs is none of it
		}
		b.produce(1 + rng.IntN(40))
		name := names[rng.IntN(len(names))]
		switch m := members[name]; rng.IntN(6) {
		case 0:
			crashes++
			m.crash()
			<-m.done
			begin(name)
		case 1:
			left++
			m.cancel()
			<-m.done
			begin(name)
		case 2: // longer than its session sometimes
			frozen++
			m.net.Freeze()
			<-time.After(time.Duration(1+rng.IntN(20)) * time.Minute)
			m.net.Thaw()
		case 3, 4:
			refused = append(refused, b.cluster.Fault(kfake.Fault{Keys: keys[:1+rng.IntN(len(keys))], Err: faults[rng.IntN(len(faults))], Count: 1 + rng.IntN(5)}))
		}
		<-time.After(time.Duration(rng.IntN(120)) * time.Minute)
	}
	hits := 0
	for _, f := range refused {
		hits += f.Hits()
		f.Remove()
	}
	for _, m := range members {
		m.stay.Store(false)
	}
	for name, m := range members {
		if <-m.done; m.err != nil {
			t.Errorf("%s: %v", name, m.err)
		}
	}
	b.judge()
	t.Logf("%.0f logical hours: %d records, %d transactions, %d given up; %d crashes, %d stops, %d leaves, %d requests refused",
		time.Since(began).Hours(), b.produced, b.commits.Load(), b.aborts.Load(), crashes, frozen, left, hits)
	if crashes == 0 || frozen == 0 || left == 0 || hits == 0 || b.aborts.Load() == 0 {
		t.Error("the nemesis was none")
	}
}
