package consumer

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// stripOnce takes a partition out of the first plan that a leader makes, as a
// member does that dies between the two rebalances of a cooperative move.
func stripOnce(t *testing.T, c *kfake.Cluster, partition int32) *atomic.Int64 {
	var stripped atomic.Int64
	c.ControlKey(int16(kmsg.SyncGroup), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		plan := req.(*kmsg.SyncGroupRequest).GroupAssignment
		for i := range plan {
			var a kmsg.ConsumerMemberAssignment
			if err := a.ReadFrom(plan[i].MemberAssignment); err != nil {
				t.Errorf("plan: %v", err)
				continue
			}
			for j := range a.Topics {
				var kept []int32
				for _, p := range a.Topics[j].Partitions {
					if p != partition || stripped.Load() > 0 {
						kept = append(kept, p)
					}
				}
				if len(kept) < len(a.Topics[j].Partitions) {
					stripped.Add(1)
				}
				a.Topics[j].Partitions = kept
			}
			plan[i].MemberAssignment = a.AppendTo(nil)
		}
		return nil, nil, false
	})
	return &stripped
}

// A partition that the group gave to nobody (a named member died between the
// two rebalances of a cooperative move and was back under its name) finds a
// holder: found by the torture harness, which saw it stand still for ever.
func TestAPartitionThatNobodyHoldsFindsAHolder(t *testing.T) {
	cluster, client := testBroker(t, map[string]int32{"in": 4, "out": 4})
	stripped := stripOnce(t, cluster, 3)
	g := followGenerations(cluster)
	var total atomic.Int64
	stage := newCountingStage(t, &total)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		c := Config{Name: "copy", Client: append(client[:len(client):len(client)], kgo.HeartbeatInterval(20*time.Millisecond)), Group: "g", TransactionalID: "copy",
			Instance: "a", CommitInterval: 5 * time.Millisecond, EndTimeout: 5 * time.Second, MaxRecords: 200, Lead: "in", Log: slog.New(slog.DiscardHandler)}
		if err := Run(ctx, c, stage); err != nil {
			t.Error(err)
		}
	})
	produce(t, client, "in", 4, 400)
	for beats := 0; total.Load() < 400 && beats < 500; { // far more than two looks
		g.mu.Lock()
		beats = g.beats
		g.mu.Unlock()
		<-time.After(5 * time.Millisecond)
	}
	stop()
	wg.Wait()
	if n := stripped.Load(); n != 1 {
		t.Errorf("a plan was stripped %d times, want once", n)
	}
	if n := total.Load(); n != 400 {
		t.Errorf("%d of 400 records were copied", n)
	}
}
