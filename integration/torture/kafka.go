package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// direct is a connection to the broker that goes round the proxy.
type direct struct {
	address string
	client  *kgo.Client
	admin   *kadm.Client
}

func dial(address string) (*direct, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(address), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerLinger(0), kgo.MaxBufferedRecords(50_000))
	if err != nil {
		return nil, err
	}
	return &direct{address, client, kadm.NewClient(client)}, nil
}

// create makes a topic for records whose stamps lie anywhere.
func (d *direct) create(ctx context.Context, topic string, partitions int32) error {
	configs := map[string]*string{
		"retention.ms": kadm.StringPtr("-1"), "message.timestamp.after.max.ms": kadm.StringPtr("9223372036854775807"),
		"segment.ms": kadm.StringPtr("9223372036854775807"),
	}
	created, err := d.admin.CreateTopic(ctx, partitions, 1, configs, topic)
	if err := errors.Join(err, created.Err); err != nil {
		return err
	}
	for { // a broker knows of it a moment later; topics made meanwhile would be laid out by a guess
		listed, err := d.admin.ListTopics(ctx, topic)
		if err != nil {
			return err
		}
		if len(listed[topic].Partitions) == int(partitions) {
			return nil
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

// remove deletes the topics of a round.
func (d *direct) remove(ctx context.Context, prefix string) error {
	listed, err := d.admin.ListTopics(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, name := range listed.Names() {
		if len(name) > len(prefix) && name[:len(prefix)] == prefix {
			names = append(names, name)
		}
	}
	_, err = d.admin.DeleteTopics(ctx, names...)
	return err
}

// committed hands every record of a topic that readers of committed data see,
// up to its end now, to visit, each partition in order.
func (d *direct) committed(ctx context.Context, topic string, visit func(*kgo.Record)) error {
	starts, err := d.admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return fmt.Errorf("%s: %w", topic, err)
	}
	ends, err := d.admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return fmt.Errorf("%s: %w", topic, err)
	}
	stable, err := d.admin.ListCommittedOffsets(ctx, topic)
	if err != nil {
		return fmt.Errorf("%s: %w", topic, err)
	}
	from, left := map[int32]int64{}, map[int32]int64{}
	for partition, end := range ends[topic] {
		start, _ := starts.Lookup(topic, partition)
		if last, _ := stable.Lookup(topic, partition); last.Offset < end.Offset {
			return fmt.Errorf("%s/%d: a transaction is open at the end of the round (%d of %d)", topic, partition, last.Offset, end.Offset)
		}
		if from[partition] = start.Offset; end.Offset > start.Offset {
			left[partition] = end.Offset
		}
	}
	if len(from) == 0 {
		return fmt.Errorf("there is no topic %s", topic)
	}
	for len(left) > 0 {
		if err := d.readOn(ctx, topic, from, left, visit); err != nil {
			return fmt.Errorf("%s: %w", topic, err)
		}
	}
	return nil
}

// silence is after what time of it a reader is replaced: one was seen to wait
// for seven minutes on a loaded machine.
const silence = 30 * time.Second

// readOn reads partitions from from on until none is left below its end, or
// nothing comes any more.
func (d *direct) readOn(ctx context.Context, topic string, from, left map[int32]int64, visit func(*kgo.Record)) error {
	at := map[int32]kgo.Offset{}
	for partition := range left {
		at[partition] = kgo.NewOffset().At(from[partition])
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(d.address), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // so that the end is seen though it is the marker of a transaction
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: at}))
	if err != nil {
		return err
	}
	defer client.Close()
	for len(left) > 0 {
		poll, cancel := context.WithTimeout(ctx, silence)
		fetches := client.PollFetches(poll)
		silent := poll.Err() != nil && ctx.Err() == nil && fetches.NumRecords() == 0
		cancel()
		if silent {
			return nil
		}
		if err := fetches.Err(); err != nil {
			return err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			end, reading := left[r.Partition]
			if !reading || r.Offset >= end {
				return
			}
			if from[r.Partition] = r.Offset + 1; !r.Attrs.IsControl() {
				visit(r)
			}
			if r.Offset+1 >= end {
				delete(left, r.Partition)
			}
		})
	}
	return nil
}

// ended returns once no transaction is open in the topics of a round, whose
// processes are gone: the broker aborts what they had begun.
func (d *direct) ended(ctx context.Context, prefix string) error {
	return insist(ctx, func() error {
		topics, err := d.admin.ListTopics(ctx)
		if err != nil {
			return err
		}
		var names []string
		for _, name := range topics.Names() {
			if strings.HasPrefix(name, prefix) {
				names = append(names, name)
			}
		}
		ends, err := d.admin.ListEndOffsets(ctx, names...)
		if err != nil {
			return err
		}
		stable, err := d.admin.ListCommittedOffsets(ctx, names...)
		if err != nil {
			return err
		}
		var open error
		ends.Each(func(end kadm.ListedOffset) {
			if last, _ := stable.Lookup(end.Topic, end.Partition); last.Offset < end.Offset {
				open = fmt.Errorf("%s/%d: a transaction is open although its producer is gone", end.Topic, end.Partition)
			}
		})
		return open
	})
}

// insist asks again what a broker could not answer; one that is busy, or just
// back, finds its coordinators late.
func insist(ctx context.Context, ask func() error) error {
	for began := time.Now(); ; {
		err := ask()
		if err == nil || ctx.Err() != nil || time.Since(began) > 2*time.Minute {
			return err
		}
		if err := wait(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// progress is how far a group has read a topic: the sum of its offsets.
func (d *direct) progress(ctx context.Context, group, topic string) (read, end int64, err error) {
	commits, err := d.admin.FetchOffsets(ctx, group)
	if err != nil {
		return 0, 0, err
	}
	ends, err := d.admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return 0, 0, err
	}
	for partition, e := range ends[topic] {
		end += e.Offset
		if c, ok := commits.Lookup(topic, partition); ok {
			read += max(0, c.At)
		}
	}
	return read, end, nil
}
