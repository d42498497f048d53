package consumer

import (
	"errors"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// errorCase is a broker that answers some requests of one kind with an error.
type errorCase struct {
	delivery Delivery
	key      kmsg.Key
	err      *kerr.Error
	count    int
}

func (c errorCase) String() string {
	mode := "exactly once"
	if c.delivery == AtLeastOnce {
		mode = "at least once"
	}
	return fmt.Sprintf("%s, %s %s x%d", mode, c.key.Name(), c.err.Message, c.count)
}

func errorCases() []errorCase {
	faults := []*kerr.Error{
		kerr.NotLeaderForPartition, kerr.LeaderNotAvailable, kerr.UnknownTopicOrPartition, kerr.FencedLeaderEpoch, kerr.KafkaStorageError,
		kerr.CoordinatorNotAvailable, kerr.CoordinatorLoadInProgress, kerr.NotCoordinator,
		kerr.UnknownServerError, kerr.RequestTimedOut, kerr.NetworkException, kerr.BrokerNotAvailable,
		kerr.NotEnoughReplicas, kerr.NotEnoughReplicasAfterAppend,
		kerr.RebalanceInProgress, kerr.IllegalGeneration, kerr.UnknownMemberID,
		kerr.ConcurrentTransactions, kerr.ProducerFenced, kerr.InvalidProducerEpoch, kerr.InvalidTxnState, kerr.OutOfOrderSequenceNumber,
		kerr.UnknownProducerID, kerr.TransactionAbortable, kerr.InvalidProducerIDMapping, kerr.UnstableOffsetCommit, kerr.ThrottlingQuotaExceeded,
	}
	both := []kmsg.Key{
		kmsg.Metadata, kmsg.FindCoordinator, kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Heartbeat, kmsg.LeaveGroup, kmsg.OffsetFetch,
		kmsg.ListOffsets, kmsg.Fetch, kmsg.Produce,
	}
	var cases []errorCase
	for _, err := range faults {
		for _, key := range append([]kmsg.Key{kmsg.InitProducerID, kmsg.TxnOffsetCommit, kmsg.EndTxn}, both...) {
			cases = append(cases, errorCase{ExactlyOnce, key, err, 2})
		}
		for _, key := range []kmsg.Key{kmsg.Produce, kmsg.OffsetCommit} {
			cases = append(cases, errorCase{AtLeastOnce, key, err, 2})
		}
	}
	return cases
}

// Every error at every request that a member sends heals, or ends the run with
// an error that names it; none hangs: GUARANTEES.md R10.
func TestEveryErrorAtEveryRequestHeals(t *testing.T) {
	cases := errorCases()
	t.Logf("%d pairs of request and error", len(cases))
	together(t, 16, cases, func(t *testing.T, c errorCase) {
		b := newBed(t, 2)
		b.delivery = c.delivery
		b.produce(60)
		fault := b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{c.key}, Err: c.err, Count: c.count})
		m := b.start("x", nil)
		<-m.done
		if m.err != nil {
			t.Logf("ended: %v", m.err)
			if !errors.Is(m.err, c.err) {
				t.Errorf("the run ended with %v, which does not name %v", m.err, c.err)
			}
			fault.Remove()
			b.start("x", nil).end()
		}
		if fault.Hits() == 0 {
			t.Error("the fault was not met")
		}
		b.judge()
	})
}
