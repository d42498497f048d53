package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A broker that is killed between the decision of a transaction and its
// markers must write them when it is back. Kafka 4.3.0 does not always, where it
// is back before the controller has noticed its death: its log then says
// CompleteCommit (or CompleteAbort) while the transaction stays open for ever,
// and no client can do anything about it. The harness does what an operator
// would have to do, and counts it: it writes the marker that the coordinator
// has logged as written.

// openFor is how long a transaction must be open before it is looked at.
const openFor = 3 * time.Second

// producerEpoch is a producer at the end of one transaction.
type producerEpoch struct {
	id    int64
	epoch int16
}

// mend writes the markers that the broker has lost, and returns how many.
func (d *direct) mend(ctx context.Context, prefix string) (int, error) {
	if open, err := d.openTransactions(ctx, prefix); err != nil || len(open) == 0 {
		return 0, err
	}
	ended, err := d.endedTransactions(ctx)
	if err != nil {
		return 0, err
	}
	// Looked at again after the log was read: what is open now, although it was
	// logged as complete before, will never be closed.
	open, err := d.openTransactions(ctx, prefix)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, p := range open {
		// Each transaction has an epoch of its own, and its markers carry the next.
		next := producerEpoch{p.ProducerID, p.ProducerEpoch + 1}
		commit, known := ended[next]
		if !known {
			continue
		}
		topics := kadm.TopicsSet{}
		topics.Add(p.Topic, p.Partition)
		marked, err := d.admin.WriteTxnMarkers(ctx, kadm.TxnMarkers{
			ProducerID: next.id, ProducerEpoch: next.epoch, Commit: commit, CoordinatorEpoch: max(0, p.CoordinatorEpoch), Topics: topics,
		})
		if err != nil {
			return n, fmt.Errorf("write a marker: %w", err)
		}
		for _, producer := range marked {
			for _, topic := range producer.Topics {
				for _, partition := range topic.Partitions {
					if partition.Err != nil {
						return n, fmt.Errorf("write a marker to %s/%d: %w", p.Topic, p.Partition, partition.Err)
					}
				}
			}
		}
		n++
	}
	return n, nil
}

// openTransactions lists what has been open for long in the topics of a round
// and in the offsets of the groups.
func (d *direct) openTransactions(ctx context.Context, prefix string) ([]kadm.DescribedProducer, error) {
	topics, err := d.admin.ListTopicsWithInternal(ctx)
	if err != nil {
		return nil, err
	}
	set := kadm.TopicsSet{}
	for _, t := range topics {
		if t.Topic == "__consumer_offsets" || strings.HasPrefix(t.Topic, prefix) {
			for _, p := range t.Partitions {
				set.Add(t.Topic, p.Partition)
			}
		}
	}
	var open []kadm.DescribedProducer
	producers, err := d.admin.DescribeProducers(ctx, set)
	if err != nil {
		return nil, err
	}
	producers.EachProducer(func(p kadm.DescribedProducer) {
		if p.CurrentTxnStartOffset >= 0 && time.Since(time.UnixMilli(p.LastTimestamp)) > openFor {
			open = append(open, p)
		}
	})
	return open, nil
}

// endedTransactions reads from the transaction log which transactions were
// logged as complete, with whether they were committed.
func (d *direct) endedTransactions(ctx context.Context) (map[producerEpoch]bool, error) {
	ended := map[producerEpoch]bool{}
	var fault error
	err := d.committed(ctx, "__transaction_state", func(r *kgo.Record) {
		if len(r.Value) == 0 {
			return
		}
		var v kmsg.TxnMetadataValue
		if err := v.ReadFrom(r.Value); err != nil {
			fault = fmt.Errorf("__transaction_state/%d offset %d: %w", r.Partition, r.Offset, err)
			return
		}
		const completeCommit, completeAbort = 4, 5
		if v.State == completeCommit || v.State == completeAbort {
			ended[producerEpoch{v.ProducerID, v.ProducerEpoch}] = v.State == completeCommit
		}
	})
	if err == nil {
		err = fault
	}
	return ended, err
}
