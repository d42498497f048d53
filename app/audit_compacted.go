package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// compacted tells of which topics the brokers have dropped records whose keys
// were written again: there an audit cannot tell a gap from a loss.
func (r *auditReader) compacted(ctx context.Context, topics ...string) (map[string]bool, error) {
	configs, err := r.admin.DescribeTopicConfigs(ctx, topics...)
	if err != nil {
		return nil, fmt.Errorf("settings of %v: %w", topics, err)
	}
	holes := map[string]bool{}
	for _, c := range configs {
		may := c.Err != nil // not ours to know: look
		for _, setting := range c.Configs {
			may = may || setting.Key == "cleanup.policy" && strings.Contains(setting.MaybeValue(), "compact")
		}
		if !may {
			continue
		}
		if holes[c.Name], err = r.holes(ctx, c.Name); err != nil {
			return nil, err
		}
	}
	return holes, nil
}

// holes reports whether a topic lacks any offset of its extent. Markers and
// what was aborted count, so that nothing but a compaction leaves a hole.
func (r *auditReader) holes(ctx context.Context, topic string) (bool, error) {
	from, left, missing := map[int32]kgo.Offset{}, map[int32]int64{}, int64(0)
	for p, x := range r.extents[topic] {
		if x.First < x.End {
			from[p], left[p] = kgo.NewOffset().At(x.First), x.End
			missing += x.End - x.First
		}
	}
	if len(left) == 0 {
		return false, nil
	}
	cl, err := kgo.NewClient(append(append([]kgo.Opt{}, r.client...), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}),
		kgo.FetchIsolationLevel(kgo.ReadUncommitted()), kgo.KeepControlRecords(), kgo.ConsumeResetOffset(kgo.NoResetOffset()))...)
	if err != nil {
		return false, fmt.Errorf("kafka client: %w", err)
	}
	defer cl.Close()
	for len(left) > 0 {
		fetches := cl.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return false, fmt.Errorf("read %s: %w", topic, err)
		}
		fetches.EachRecord(func(rec *kgo.Record) {
			end, open := left[rec.Partition]
			if open && rec.Offset < end {
				missing--
			}
			if rec.Offset+1 >= end {
				delete(left, rec.Partition)
			}
		})
	}
	return missing > 0, nil
}
