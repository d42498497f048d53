package consumer

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"hindsight/consumer/faultnet"
)

// An EndTxn that is held up on its way, or comes twice, arrives in the middle
// of the next transaction, and the member dies there: its half of a transaction
// must not stand. Transactions of version 2 have an epoch each, which refuses
// it; those of version 1 do not, and the program says so at its start.
// GUARANTEES.md R9.
func TestEndOfOneTransactionDoesNotEndTheNext(t *testing.T) {
	for name, action := range map[string]faultnet.Action{"delayed": faultnet.Hold, "twice": faultnet.Keep} {
		t.Run(name, func(t *testing.T) {
			b := newBed(t, 2)
			b.produce(200)
			late := &faultnet.Strike{Key: kmsg.EndTxn, Skip: 1, Action: action}
			m := b.startWith("x", nil, late)
			<-late.Hit()
			delivered := 0
			// The next transaction has published when it comes to its offsets.
			next := m.net.Strike(&faultnet.Strike{Key: kmsg.TxnOffsetCommit, Action: faultnet.Cut, Before: func() {
				if _, err := late.Deliver(t.Context()); err != nil {
					t.Error(err)
				}
				delivered++
			}})
			<-next.Hit()
			b.start("x", nil).end()
			b.judge()
			if delivered != 1 {
				t.Error("the late request was not delivered")
			}
		})
	}
}
