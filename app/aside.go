package app

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/consumer"
)

// aside returns the offsets of the records of a source that became dead letters
// from an offset on, in order. A commit remembers the last of them; where it may
// have forgotten some that are needed, the topic of dead letters tells.
func (f *fold) aside(ctx context.Context, source sourceID, from int64, c *sourceCommit) ([]int64, error) {
	if len(c.Aside) < maxAside || c.Aside[0] <= from {
		return c.Aside, nil
	}
	letters := sourceID{f.config.Topics.DeadLetters, consumer.DeadLetterPartition(source.partition, f.stage.top.deadLetters)}
	starts, err := offsets(ctx, f.admin.ListStartOffsets, letters.topic)
	if err != nil {
		return nil, err
	}
	ends, err := offsets(ctx, f.admin.ListEndOffsets, letters.topic)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(c.Aside)
	where := span{letters.topic, letters.partition, starts[letters.topic][letters.partition], ends[letters.topic][letters.partition]}
	err = readSpans(ctx, f.client, []span{where}, func(r *kgo.Record) error {
		if d := readDeadLetter(r); d.stage == "join" && d.from == source && d.offset >= from && d.offset < c.Aside[0] {
			all = append(all, d.offset)
		}
		return nil
	})
	slices.Sort(all)
	return all, err
}

// wasSetAside looks an offset up among those that aside returned.
func wasSetAside(aside []int64, offset int64) bool {
	_, found := slices.BinarySearch(aside, offset)
	return found
}
