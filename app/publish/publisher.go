package publish

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/consumer"
	"hindsight/schemas"
)

// Publisher puts items on Kafka, those of one partition in their order, each
// exactly once as long as it lives.
type Publisher struct {
	client     *kgo.Client
	place      consumer.Partitioner
	partitions map[string]int32
	clock      Clock

	// Progress is called about once a second while publishing, if it is set.
	Progress func(Summary)
}

// Summary is what has been published.
type Summary struct {
	Records     int64
	Bytes       int64           // of keys and values
	First, Last schemas.Instant // timestamps of the first and last item
	Elapsed     time.Duration
}

// ClientOptions returns what the client of a Publisher needs beside the way to
// the brokers: acks of all replicas, idempotence, partitions chosen by us.
func ClientOptions() []kgo.Opt {
	return []kgo.Opt{
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(10 * time.Millisecond), // a paced stream reaches readers that soon
	}
}

// PartitionerNamed returns murmur2, crc32 or fnv1a; see consumer.PartitionerNamed.
func PartitionerNamed(name string) (consumer.Partitioner, error) {
	return consumer.PartitionerNamed(name)
}

// NewPublisher publishes to topics with these numbers of partitions through a
// client with ClientOptions; place says which partition a key belongs to.
func NewPublisher(client *kgo.Client, place consumer.Partitioner, partitions map[string]int32, clock Clock) *Publisher {
	return &Publisher{client: client, place: place, partitions: partitions, clock: clock}
}

// Publish sends items until they end, one of them is an error, or the brokers
// refuse a record; it returns when all that was sent is acknowledged. The
// summary counts what was acknowledged, also beside an error.
func (p *Publisher) Publish(ctx context.Context, items iter.Seq2[Item, error]) (Summary, error) {
	start, shown := p.clock.Now(), time.Time{}
	var sent Summary
	acks := new(acks)
	var records []kgo.Record // handed out one by one; allocated in blocks
	var failed error
	for item, err := range items {
		if err == nil {
			err = acks.failure()
		}
		partition := item.Partition
		if err == nil {
			partition, err = p.partition(item)
		}
		if err != nil {
			failed = err
			break
		}
		if len(records) == 0 {
			records = make([]kgo.Record, 256)
		}
		r := &records[0]
		records = records[1:]
		*r = kgo.Record{Topic: item.Topic, Partition: partition, Key: item.Key, Value: item.Value, Timestamp: item.At.Time()}
		p.client.Produce(ctx, r, acks.promise)

		if sent.Records == 0 {
			sent.First = item.At
		}
		sent.Records++
		sent.Last = item.At
		if p.Progress == nil {
			continue
		}
		if now := p.clock.Now(); now.Sub(shown) >= time.Second {
			shown = now
			p.Progress(acks.summary(sent, now.Sub(start)))
		}
	}
	flushed := p.client.Flush(ctx)
	if failed == nil {
		failed = acks.failure()
	}
	if failed == nil {
		failed = flushed
	}
	return acks.summary(sent, p.clock.Now().Sub(start)), failed
}

func (p *Publisher) partition(item Item) (int32, error) {
	n := p.partitions[item.Topic]
	switch {
	case n <= 0:
		return 0, fmt.Errorf("topic %s: the publisher was not told its partitions", item.Topic)
	case item.Partition >= n:
		return 0, fmt.Errorf("topic %s: there is no partition %d of %d", item.Topic, item.Partition, n)
	case item.Partition >= 0:
		return item.Partition, nil
	}
	return p.place(item.Key, n), nil
}

// acks collects what the brokers answered.
type acks struct {
	mu             sync.Mutex
	records, bytes int64
	err            error
}

func (a *acks) promise(r *kgo.Record, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil {
		a.records++
		a.bytes += int64(len(r.Key) + len(r.Value))
		return
	}
	if a.err == nil && !errors.Is(err, context.Canceled) {
		a.err = fmt.Errorf("topic %s partition %d: publish: %w", r.Topic, r.Partition, err)
	}
}

func (a *acks) failure() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

func (a *acks) summary(sent Summary, elapsed time.Duration) Summary {
	a.mu.Lock()
	defer a.mu.Unlock()
	return Summary{Records: a.records, Bytes: a.bytes, First: sent.First, Last: sent.Last, Elapsed: elapsed}
}
