package consumer

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// skippedBatch is the ProducerID by which a marker is told from a record: no
// broker gives one away.
const skippedBatch = -2

// Skipped reports whether r is no record but stands for a batch that would
// decompress beyond the client's bound, and how many offsets the batch spans,
// from r.Offset on. A stage must account for them and commit the offset after.
func Skipped(r *kgo.Record) (offsets int64, ok bool) {
	if r.ProducerID != skippedBatch || len(r.Headers) != 1 {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(r.Headers[0].Value)), true
}

// TooLarge is the fault of a batch that was skipped.
func TooLarge(stage string, offsets int64) Fault {
	return Fault{Stage: stage, Class: "too_large", Message: fmt.Sprintf(
		"the batch of %d offsets decompresses to more than the memory bound lets in: it was not read; raise memory.limit, or make the producer's batches smaller", offsets)}
}

// markOversized puts a marker where the client refused to decompress a batch,
// and returns where it has to go on once the markers are committed. The client
// never fetches such a partition again by itself.
func markOversized(fetches kgo.Fetches) (map[string]map[int32]kgo.EpochOffset, error) {
	var next map[string]map[int32]kgo.EpochOffset
	read := map[Partition]bool{}
	for _, fetch := range fetches {
		for _, topic := range fetch.Topics {
			for i := range topic.Partitions {
				p := &topic.Partitions[i]
				id := Partition{topic.Topic, p.Partition}
				var large *kgo.ErrDecompressTooLarge
				if !errors.As(p.Err, &large) {
					read[id] = read[id] || len(p.Records) > 0
					continue
				}
				if read[id] || len(p.Records) > 0 {
					return nil, fmt.Errorf("records and a batch too large to read in one poll: %w", p.Err)
				}
				p.Err = nil
				p.Records = []*kgo.Record{{
					Topic: large.Topic, Partition: large.Partition, Offset: large.Offset, LeaderEpoch: large.Epoch, ProducerID: skippedBatch,
					Headers: []kgo.RecordHeader{{Value: binary.BigEndian.AppendUint64(nil, uint64(large.NextOffset-large.Offset))}},
				}}
				if next == nil {
					next = map[string]map[int32]kgo.EpochOffset{}
				}
				if next[topic.Topic] == nil {
					next[topic.Topic] = map[int32]kgo.EpochOffset{}
				}
				next[topic.Topic][p.Partition] = kgo.EpochOffset{Epoch: large.Epoch, Offset: large.NextOffset}
			}
		}
	}
	return next, nil
}

// passOver makes the client fetch behind the batches that were skipped.
func (s *session) passOver(next map[string]map[int32]kgo.EpochOffset, committed bool) error {
	if len(next) == 0 {
		return nil
	}
	if !committed { // the client would stand still: its place has not changed
		return errors.New("a batch that is too large was met in a transaction that was aborted")
	}
	s.client.SetOffsets(next)
	return nil
}
