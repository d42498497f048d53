// Rawcopy is the floor that SCORE is measured against: franz-go consumes a
// topic in a group and produces the same records to another one, with SCORE's
// client options, commit interval and guarantees, and does nothing else.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	var c copier
	brokers := flag.String("brokers", "127.0.0.1:19092", "one `HOST:PORT` to start from")
	flag.StringVar(&c.in, "in", "events", "`TOPIC` to read to its present end")
	flag.StringVar(&c.out, "out", "copies", "`TOPIC` to write")
	flag.StringVar(&c.group, "group", "rawcopy", "consumer `GROUP`")
	flag.BoolVar(&c.atLeastOnce, "at-least-once", false, "no transactions")
	flag.DurationVar(&c.interval, "interval", 100*time.Millisecond, "least time between two commits while there is little to do")
	flag.IntVar(&c.most, "max-records", 10_000, "most records in one commit")
	flag.Parse()
	n, err := c.run(context.Background(), *brokers)
	if err != nil {
		fmt.Fprintln(os.Stderr, "rawcopy:", err)
		os.Exit(1)
	}
	fmt.Println(n)
}

type copier struct {
	in, out, group string
	atLeastOnce    bool
	interval       time.Duration
	most           int

	txn    *kgo.GroupTransactSession // nil at least once
	client *kgo.Client
}

// run copies what is there now and returns how many records that were.
func (c *copier) run(ctx context.Context, brokers string) (copied int64, err error) {
	if err := c.connect(ctx, brokers); err != nil {
		return 0, err
	}
	defer c.client.Close()
	total, err := c.size(ctx)
	if err != nil {
		return 0, err
	}
	var last time.Time
	for copied < total {
		n, err := c.step(ctx, last)
		if err != nil {
			return copied, err
		}
		copied, last = copied+int64(n), time.Now()
	}
	return copied, nil
}

func (c *copier) connect(ctx context.Context, brokers string) (err error) {
	opts := []kgo.Opt{
		kgo.SeedBrokers(brokers),
		kgo.ConsumerGroup(c.group),
		kgo.ConsumeTopics(c.in),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(500 * time.Millisecond),
		kgo.BlockRebalanceOnPoll(),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	}
	if c.atLeastOnce {
		c.client, err = kgo.NewClient(append(opts, kgo.DisableAutoCommit())...)
		return err
	}
	if c.txn, err = kgo.NewGroupTransactSession(append(opts, kgo.TransactionalID(c.group))...); err != nil {
		return err
	}
	c.client = c.txn.Client()
	_, _, err = c.client.ProducerID(ctx)
	return err
}

// size counts the records of the input, which no transaction wrote.
func (c *copier) size(ctx context.Context) (n int64, err error) {
	admin := kadm.NewClient(c.client)
	starts, err := admin.ListStartOffsets(ctx, c.in)
	if err != nil {
		return 0, err
	}
	ends, err := admin.ListEndOffsets(ctx, c.in)
	if err != nil {
		return 0, err
	}
	ends.Each(func(o kadm.ListedOffset) {
		start, _ := starts.Lookup(o.Topic, o.Partition)
		n += o.Offset - start.Offset
	})
	return n, nil
}

// step copies one poll in one commit.
func (c *copier) step(ctx context.Context, last time.Time) (int, error) {
	if wait := c.interval - time.Since(last); wait > 0 && c.client.BufferedFetchRecords() < int64(c.most) {
		time.Sleep(wait)
	}
	fetches := c.client.PollRecords(ctx, c.most)
	defer c.client.AllowRebalance()
	if err := fetches.Err(); err != nil {
		return 0, err
	}
	if c.txn != nil {
		if err := c.txn.Begin(); err != nil {
			return 0, err
		}
	}
	// One slab a poll: a record each would cost a fifth more.
	slab := make([]kgo.Record, 0, fetches.NumRecords())
	fetches.EachRecord(func(r *kgo.Record) {
		slab = append(slab, kgo.Record{Topic: c.out, Partition: r.Partition, Key: r.Key, Value: r.Value, Timestamp: r.Timestamp})
		c.client.Produce(ctx, &slab[len(slab)-1], nil)
	})
	if c.txn != nil {
		committed, err := c.txn.End(ctx, kgo.TryCommit)
		if err == nil && !committed {
			return 0, nil // a rebalance came between; the same records come again
		}
		return len(slab), err
	}
	if err := c.client.Flush(ctx); err != nil {
		return 0, err
	}
	return len(slab), c.client.CommitUncommittedOffsets(ctx)
}
