package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/kafka"
	"hindsight/consumer"
)

// span is a part of one partition: offsets [from, to).
type span struct {
	topic     string
	partition int32
	from, to  int64
}

// readBytes is about how many bytes of records one reading holds at once.
const readBytes = 4 << 20

// readSpans gives visit every committed record of the spans, each span in
// order. `to` may be a high watermark: open transactions before it are awaited.
func readSpans(ctx context.Context, client []kgo.Opt, spans []span, visit func(*kgo.Record) error) error {
	want := map[string]map[int32]kgo.Offset{}
	left := map[sourceID]int64{}
	for _, s := range spans {
		if s.from >= s.to {
			continue
		}
		if want[s.topic] == nil {
			want[s.topic] = map[int32]kgo.Offset{}
		}
		want[s.topic][s.partition] = kgo.NewOffset().At(s.from)
		left[sourceID{s.topic, s.partition}] = s.to
	}
	if len(left) == 0 {
		return nil
	}
	opts := append(append([]kgo.Opt{}, client...), kafka.BoundInflation(2*readBytes)...)
	cl, err := kgo.NewClient(append(opts,
		kgo.ConsumePartitions(want), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()), kgo.MaxConcurrentFetches(1), kgo.WithHooks(kafka.BoundFetches(readBytes)))...)
	if err != nil {
		return fmt.Errorf("kafka client: %w", err)
	}
	defer cl.Close()
	for len(left) > 0 {
		fetches := cl.PollFetches(ctx)
		skipped := map[string]map[int32]kgo.EpochOffset{}
		fetches.EachError(func(topic string, partition int32, err error) {
			if large := (*kgo.ErrDecompressTooLarge)(nil); errors.As(err, &large) { // as it was when it was read first
				if skipped[topic] == nil {
					skipped[topic] = map[int32]kgo.EpochOffset{}
				}
				skipped[topic][partition] = kgo.EpochOffset{Epoch: large.Epoch, Offset: large.NextOffset}
				if id := (sourceID{topic, partition}); large.NextOffset >= left[id] {
					delete(left, id)
				}
			}
		})
		if len(skipped) > 0 {
			cl.SetOffsets(skipped)
		} else if err := fetches.Err(); errors.Is(err, kerr.OffsetOutOfRange) {
			return fmt.Errorf("%w: %s: retention has deleted what a recovery needs. The state cannot be rebuilt: restore the state directory, "+
				"or begin anew with another kafka.group and topics, and raise retention.ms (hindsight topics describe says to what): %w", consumer.ErrFatal, deleted(ctx, cl, spans), err)
		} else if err != nil {
			return fmt.Errorf("read %v: %w", spans, err)
		}
		var fault error
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			id := sourceID{p.Topic, p.Partition}
			for _, r := range p.Records {
				to, open := left[id]
				if !open || fault != nil {
					return
				}
				if r.Offset < to && !r.Attrs.IsControl() {
					fault = visit(r)
				}
				if r.Offset+1 >= to {
					delete(left, id)
					cl.PauseFetchPartitions(map[string][]int32{p.Topic: {p.Partition}})
				}
			}
		})
		if fault != nil {
			return fault
		}
	}
	return nil
}

// deleted says which offsets of the spans the logs do not have any more.
func deleted(ctx context.Context, client *kgo.Client, spans []span) string {
	var gone []string
	for _, s := range spans {
		starts, err := offsets(ctx, kadm.NewClient(client).ListStartOffsets, s.topic)
		if err != nil {
			return fmt.Sprintf("%v (%v)", spans, err)
		}
		if first := starts[s.topic][s.partition]; s.from < min(first, s.to) {
			gone = append(gone, fmt.Sprintf("offsets %d to %d of %s/%d are gone", s.from, min(first, s.to)-1, s.topic, s.partition))
		}
	}
	if gone == nil {
		return fmt.Sprint(spans)
	}
	return strings.Join(gone, ", ")
}
