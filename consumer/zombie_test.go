package consumer

import (
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"hindsight/consumer/faultnet"
)

// A member dies between TxnOffsetCommit and EndTxn. Its successor fences the
// open transaction at once, or it would wait for the transaction's timeout, of
// ten minutes here, before it may read the offsets: GUARANTEES.md R3.
func TestOrphanTransactionDoesNotHoldUpItsSuccessor(t *testing.T) {
	b := newBed(t, 2)
	b.timeouts = append(b.timeouts, kgo.TransactionTimeout(10*time.Minute))
	b.produce(120)
	b.strike = &faultnet.Strike{Key: kmsg.EndTxn, Skip: 1, Action: faultnet.Cut}
	first := b.start("x", nil)
	<-b.strike.Hit()
	b.strike = nil
	<-first.net.Down()
	began := time.Now()
	b.start("x", nil).end()
	if took := time.Since(began); took > 5*time.Minute {
		t.Errorf("the successor took %v", took)
	}
	b.judge()
}

// A member is stopped for longer than its session, in the middle of a
// transaction, and goes on when another has done its work: what it ends late
// must not stand. GUARANTEES.md R4; S9.
func TestZombieThatEndsLateChangesNothing(t *testing.T) {
	b := newBed(t, 2)
	b.produce(120)
	var once sync.Once
	asleep, wake := make(chan struct{}), make(chan struct{})
	zombie := b.start("x", func(m *member, point string) {
		if point == "processed" {
			once.Do(func() {
				m.net.Freeze()
				close(asleep)
				<-wake
				m.net.Thaw()
			})
		}
	})
	<-asleep
	b.start("y", nil).end()
	before := b.commits.Load()
	close(wake)
	zombie.end()
	if before == 0 || b.commits.Load() != before {
		t.Errorf("%d transactions stood when the zombie woke up, %d in the end", before, b.commits.Load())
	}
	b.judge()
}

// Records that are not acknowledged before the transaction's timeout replace
// the session: S10.
func TestTransactionThatTimesOutWhileItPublishes(t *testing.T) {
	b := newBed(t, 2)
	b.timeouts = append(b.timeouts, kgo.ProduceRequestTimeout(5*time.Minute), kgo.TransactionTimeout(time.Second))
	b.tune = func(c *Config) { c.EndTimeout = time.Second }
	b.produce(120)
	b.strike = &faultnet.Strike{Key: kmsg.Produce, Skip: 1, Action: faultnet.Hold}
	m := b.start("x", nil)
	<-b.strike.Hit()
	m.end()
	if b.aborts.Load() == 0 {
		t.Error("no transaction was given up")
	}
	if _, err := b.strike.Deliver(t.Context()); err != nil { // too late
		t.Log(err)
	}
	b.judge()
}

// Two members with one transactional id fence each other; the error names the
// id, and nothing is lost or doubled: GUARANTEES.md R5.
func TestTwoMembersWithOneTransactionalID(t *testing.T) {
	b := newBed(t, 4)
	b.produce(400)
	log := &logged{}
	b.tune = func(c *Config) { c.MaxRecords, c.Log = 5, log.logger() }
	var once sync.Once
	m := b.start("x", func(_ *member, point string) {
		if point == "processed" {
			once.Do(func() { // the second takes the id while the first is about to use it
				taken := &faultnet.Strike{Key: kmsg.InitProducerID, Response: true, Action: faultnet.Keep}
				b.startWith("x", nil, taken)
				<-taken.Hit()
			})
		}
	})
	m.end()
	b.judge()
	if !log.has("transactional id x") {
		t.Errorf("no message names the transactional id: %q", log.lines())
	}
}
