package consumer

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"hindsight/consumer/faultnet"
)

// A member dies between TxnOffsetCommit and EndTxn, and another than itself
// takes over: until its transaction ends, brokers withhold the offsets. Waiting
// for them is told of, and ends with the transaction.
func TestWithheldOffsetsAreToldOf(t *testing.T) {
	b := newBed(t, 2)
	b.timeouts = append(b.timeouts, kgo.TransactionTimeout(10*time.Minute))
	b.produce(120)
	b.strike = &faultnet.Strike{Key: kmsg.EndTxn, Skip: 1, Action: faultnet.Cut}
	first := b.start("x", nil)
	<-b.strike.Hit()
	b.strike = nil
	<-first.net.Down()
	var once sync.Once
	told := make(chan struct{})
	b.tune = func(c *Config) {
		c.EndTimeout = time.Second
		c.Held = func(p Partition, h Hold, since time.Duration) {
			if since > 0 && errors.Is(h.Reason, errWithheld) && p.Topic == "in" {
				once.Do(func() { close(told) })
			}
		}
	}
	other := b.start("y", nil)
	<-told
	b.tune = nil
	b.start("x", nil).end() // fences the transaction of its predecessor
	other.end()
	b.judge()
}
