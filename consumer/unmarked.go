package consumer

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// offsetsTopic holds the commits of all groups.
const offsetsTopic = "__consumer_offsets"

// A transaction ends by a marker in each partition that it wrote to. A broker
// that is killed in between has been seen to log the transaction as complete and
// never write the markers (Kafka 4.3.0 on one node). What was aborted would then
// be ended by the marker of the producer's next transaction: as committed. So
// before a producer begins anew after a connection was lost, no partition may
// hold a transaction of it open.
type marks struct {
	doubtful atomic.Bool // a connection was lost since the last look
}

// OnBrokerDisconnect implements kgo.HookBrokerDisconnect.
func (m *marks) OnBrokerDisconnect(kgo.BrokerMetadata, net.Conn) { m.doubtful.Store(true) }

// unmarkedError says where a transaction is open that has ended.
type unmarkedError struct {
	Partition
	start int64
	id    string
}

func (e *unmarkedError) Error() string {
	return fmt.Sprintf("a transaction of %s that has ended is still open in %s/%d from offset %d on: its broker has lost the marker. Nothing is published until it is closed, "+
		"because what was aborted would be read as committed; close it with: kafka-transactions.sh --bootstrap-server BROKER abort --topic %s --partition %d --start-offset %d",
		e.id, e.Topic, e.ID, e.start, e.Topic, e.ID, e.start)
}

// awaitMarkers returns once no partition that the stage may have written to
// holds a transaction of this producer open; markers follow the end of a
// transaction within moments. Brokers that cannot be asked are trusted.
func (s *session) awaitMarkers(ctx context.Context) error {
	if s.txn == nil || !s.marks.doubtful.Swap(false) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.EndTimeout)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		open, err := s.unmarked(ctx)
		if err != nil {
			s.config.Log.Debug("the open transactions are not known", "stage", s.config.Name, "error", err)
		}
		if open == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			s.marks.doubtful.Store(true)
			return open
		}
	}
}

// unmarked looks for an open transaction of this producer, which has none.
func (s *session) unmarked(ctx context.Context) (*unmarkedError, error) {
	id, _, err := s.client.ProducerID(ctx)
	if err != nil {
		return nil, err
	}
	admin := kadm.NewClient(s.client)
	meta, err := admin.Metadata(ctx, append([]string{offsetsTopic}, s.config.Outputs...)...)
	if err != nil {
		return nil, err
	}
	there := kadm.TopicsSet{}
	for _, t := range meta.Topics {
		if t.Err == nil {
			there.Add(t.Topic, t.Partitions.Numbers()...)
		}
	}
	if len(there) == 0 {
		return nil, nil
	}
	producers, err := admin.DescribeProducers(ctx, there)
	var open *unmarkedError
	producers.EachProducer(func(p kadm.DescribedProducer) {
		if p.ProducerID == id && p.CurrentTxnStartOffset >= 0 {
			open = &unmarkedError{Partition{p.Topic, p.Partition}, p.CurrentTxnStartOffset, s.config.TransactionalID}
		}
	})
	return open, err
}
