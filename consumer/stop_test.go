package consumer

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A group misses a member that died when its session is over, after an hour
// here. A join waits for it until then, End and a farewell wait for the join. A
// member that is stopped meanwhile leaves all the same, and nothing of it holds
// up who goes on.
func TestStopWhileTheGroupWaitsForADeadMember(t *testing.T) {
	for _, instance := range []string{"", "named"} {
		t.Run("instance "+instance, func(t *testing.T) { stopBesideADeadMember(t, instance) })
	}
}

func stopBesideADeadMember(t *testing.T, instance string) {
	b := newBed(t, 4, kfake.GroupMaxSessionTimeout(2*time.Hour))
	b.stay = true
	b.timeouts = append(b.timeouts, kgo.SessionTimeout(time.Hour), kgo.RebalanceTimeout(time.Hour), kgo.TransactionTimeout(10*time.Minute))
	tune := func(c *Config) { c.EndTimeout, c.StopTimeout = time.Hour, 2*time.Second }
	b.tune = func(c *Config) { tune(c); c.Instance = instance }
	b.produce(40)

	owning := make(chan struct{}, 100)
	assigned := func(_ *member, point string) {
		if point == "assigned" {
			owning <- struct{}{}
		}
	}
	first := b.start("x", assigned)
	<-owning
	id := b.cluster.GroupInfo(bedGroup).Members[0].MemberID
	b.tune = tune
	dead := b.start("y", assigned)
	<-owning
	ghost := otherMember(b, id)

	// The first joins again because a third has come, and cannot be done with it.
	var joining, stuck atomic.Bool
	waits := make(chan struct{})
	b.cluster.ControlKey(int16(kmsg.JoinGroup), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		joining.CompareAndSwap(false, req.(*kmsg.JoinGroupRequest).MemberID == id)
		return nil, nil, false
	})
	b.cluster.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		if id := req.(*kmsg.ProduceRequest).TransactionID; id != nil && *id == "x" && joining.Load() && !stuck.Swap(true) {
			close(waits)
		}
		return nil, nil, false
	})
	dead.crash()
	third := b.start("z", nil)
	var feeding sync.WaitGroup
	fed, enough := context.WithCancel(t.Context())
	defer enough()
	feeding.Go(func() {
		for fed.Err() == nil {
			b.produce(4)
			b.nextCommit()
		}
	})
	<-waits
	first.cancel()
	first.end()
	enough()
	feeding.Wait()
	if left := otherMember(b, ghost); instance == "" && left == id {
		t.Error("the member that was stopped is still in its group")
	}

	// The hour is over, and the third does what was left: it waits for no
	// transaction. A named member has not left, and is missed like the dead one.
	gone := []string{ghost}
	if instance != "" {
		gone = append(gone, id)
	}
	for _, member := range gone {
		b.leave(member)
	}
	third.stay.Store(false)
	third.end()
	b.judge()
}

// otherMember waits until the group has a member beside one, and returns it.
func otherMember(b *bed, one string) string {
	for {
		for _, m := range b.cluster.GroupInfo(bedGroup).Members {
			if m.MemberID != one {
				return m.MemberID
			}
		}
		b.nextCommit()
	}
}

// leave is what the end of a member's session does.
func (b *bed) leave(id string) {
	b.t.Helper()
	cl := newClient(b.t, b.client(b.net()))
	defer cl.Close()
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group, req.MemberID = bedGroup, id
	m := kmsg.NewLeaveGroupRequestMember()
	m.MemberID = id
	req.Members = append(req.Members, m)
	if _, err := req.RequestWith(b.t.Context(), cl); err != nil {
		b.t.Fatal(err)
	}
}

// A stop that no broker hears of ends too, and says what is left.
func TestStopWhileNoBrokerAnswers(t *testing.T) {
	b := newBed(t, 1)
	b.stay, b.tune = true, func(c *Config) { c.EndTimeout, c.StopTimeout = time.Hour, 100*time.Millisecond }
	b.produce(10)
	m := b.start("x", func(m *member, point string) {
		if point == "processed" {
			m.crash() // which is a stop without a network
		}
	})
	<-m.done
	if !errors.Is(m.err, errFarewell) {
		t.Errorf("the run ended with %v", m.err)
	}
	b.stay, b.tune = false, nil
	b.start("x", nil).end()
	b.judge()
}
