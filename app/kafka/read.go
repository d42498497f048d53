package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Offsets is an offset in each partition of one topic.
type Offsets map[int32]int64

// Starts returns the first offsets of a topic.
func Starts(ctx context.Context, admin *kadm.Client, topic string) (Offsets, error) {
	return offsets(topic)(admin.ListStartOffsets(ctx, topic))
}

// Ends returns the offsets after the last committed records of a topic.
func Ends(ctx context.Context, admin *kadm.Client, topic string) (Offsets, error) {
	return offsets(topic)(admin.ListCommittedOffsets(ctx, topic))
}

// Since returns the offsets of the first records of a topic stamped at or after
// ms milliseconds of the epoch, the ends where there are none.
func Since(ctx context.Context, admin *kadm.Client, topic string, ms int64) (Offsets, error) {
	return offsets(topic)(admin.ListOffsetsAfterMilli(ctx, ms, topic))
}

func offsets(topic string) func(kadm.ListedOffsets, error) (Offsets, error) {
	return func(listed kadm.ListedOffsets, err error) (Offsets, error) {
		if err == nil {
			err = listed.Error()
		}
		if errors.Is(err, kerr.UnknownTopicOrPartition) {
			return nil, fmt.Errorf("topic %s does not exist: %w", topic, err)
		}
		if err != nil {
			return nil, fmt.Errorf("topic %s: %w", topic, err)
		}
		at := Offsets{}
		listed.Each(func(o kadm.ListedOffset) { at[o.Partition] = o.Offset })
		return at, nil
	}
}

// readBytes is about how many bytes of records the client of Read holds at once.
const readBytes = 4 << 20

// ReadOptions is what the client of Read needs beside the way to the brokers:
// control records, because the marker of a transaction may be all that stands
// before an end, and bounds on what a fetch, and a batch, decompresses to.
func ReadOptions() []kgo.Opt {
	return append(BoundInflation(2*readBytes),
		kgo.KeepControlRecords(), kgo.MaxConcurrentFetches(1), kgo.WithHooks(BoundFetches(readBytes)))
}

// Read gives visit the committed records of topic from the offsets on, outside
// any group, in the order of each partition. It returns when the offsets until
// are reached; nil is without end. When visit returns false it ends too, and
// with ctx.Err() when ctx does. A batch that would decompress to more than
// MaxBatch is passed over, as the stages do. The client must have ReadOptions
// and consume nothing else at the time.
func Read(ctx context.Context, client *kgo.Client, topic string, from, until Offsets, visit func(*kgo.Record) bool) error {
	start, left := map[int32]kgo.Offset{}, Offsets{}
	for p, offset := range from {
		if until == nil || offset < until[p] {
			start[p] = kgo.NewOffset().At(offset)
			left[p] = until[p]
		}
	}
	if len(left) == 0 {
		return nil
	}
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic: start})
	defer client.PurgeTopicsFromConsuming(topic)
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		passed, err := passOver(client, fetches)
		if err != nil {
			return fmt.Errorf("read %s: %w", topic, err)
		}
		for p, next := range passed {
			if until != nil && next >= left[p] {
				delete(left, p)
			}
		}
		for it := fetches.RecordIter(); !it.Done(); {
			r := it.Next()
			end, open := left[r.Partition]
			if until != nil && r.Offset+1 >= end {
				delete(left, r.Partition)
			}
			within := until == nil || open && r.Offset < end
			if within && !r.Attrs.IsControl() && !visit(r) {
				return nil
			}
		}
		if len(left) == 0 {
			return nil
		}
	}
}

// passOver makes the client go on behind the batches that it refused to
// decompress, which it would never do by itself, and returns where in each
// partition of the topic that it reads. Any other error of a fetch is returned.
func passOver(client *kgo.Client, fetches kgo.Fetches) (next Offsets, fault error) {
	skip := map[string]map[int32]kgo.EpochOffset{}
	fetches.EachError(func(topic string, partition int32, err error) {
		large := (*kgo.ErrDecompressTooLarge)(nil)
		if !errors.As(err, &large) {
			fault = errors.Join(fault, err)
			return
		}
		if skip[topic] == nil {
			skip[topic], next = map[int32]kgo.EpochOffset{}, Offsets{}
		}
		skip[topic][partition] = kgo.EpochOffset{Epoch: large.Epoch, Offset: large.NextOffset}
		next[partition] = large.NextOffset
	})
	if fault == nil && len(skip) > 0 {
		client.SetOffsets(skip)
	}
	return next, fault
}
