package kafka

import (
	"cmp"
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Sample is the first and the last records of a topic, by partition and offset.
type Sample struct {
	Records    []*kgo.Record
	Partitions int32
	Total      int64 // offsets between the start and the end, about how many records there are
}

// SampleOf reads up to each records from the beginning and from the end of
// every partition of a topic. The client must have ReadOptions.
func SampleOf(ctx context.Context, client *kgo.Client, topic string, each int64) (Sample, error) {
	admin := kadm.NewClient(client)
	starts, err := Starts(ctx, admin, topic)
	if err != nil {
		return Sample{}, err
	}
	ends, err := Ends(ctx, admin, topic)
	if err != nil {
		return Sample{}, err
	}
	s := Sample{Partitions: int32(len(ends))}
	head, tail := Offsets{}, Offsets{}
	for p, end := range ends {
		start := starts[p]
		s.Total += max(0, end-start)
		head[p] = min(start+each, end)
		tail[p] = max(end-each, head[p])
	}
	keep := func(r *kgo.Record) bool { s.Records = append(s.Records, r); return true }
	if err := Read(ctx, client, topic, starts, head, keep); err != nil {
		return Sample{}, err
	}
	if err := Read(ctx, client, topic, tail, ends, keep); err != nil {
		return Sample{}, err
	}
	slices.SortFunc(s.Records, func(a, b *kgo.Record) int {
		return cmp.Or(cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	return s, nil
}
