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

// ReadOptions is what the client of Read needs beside the way to the brokers:
// control records, because the marker of a transaction may be all that stands
// before an end.
func ReadOptions() []kgo.Opt { return []kgo.Opt{kgo.KeepControlRecords()} }

// Read gives visit the committed records of topic from the offsets on, outside
// any group, in the order of each partition. It returns when the offsets until
// are reached; nil is without end. When visit returns false it ends too, and
// with ctx.Err() when ctx does. The client must have ReadOptions and consume
// nothing else at the time.
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
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("read %s: %w", topic, err)
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
