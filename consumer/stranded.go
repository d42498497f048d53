package consumer

import (
	"context"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// looksEvery is how often a named member looks whether each partition has a holder.
func (c *Config) looksEvery() time.Duration { return min(50*c.CommitInterval, 5*time.Second) }

// adopt asks for a rebalance where a partition is held by nobody. A
// cooperative move takes two: the second begins when the member that gave the
// partition up joins again. If it dies in between and is back under its name,
// the group hands it what it had kept, nobody asks for the second, and the
// partition would stand still for ever. A nameless member that dies is missed,
// so that the question does not arise.
func (s *session) adopt(ctx context.Context, now time.Time) {
	if s.config.Instance == "" || now.Sub(s.looked) < s.config.looksEvery() {
		return
	}
	s.looked = now
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	stranded := s.stranded(ctx)
	if len(stranded) == 0 || !slices.Equal(stranded, s.orphans) {
		s.orphans = stranded // perhaps on its way; looked at again
		return
	}
	s.config.Log.Warn("partitions are held by nobody: asking for a rebalance", "stage", s.config.Name, "partitions", len(stranded), "first", stranded[0])
	s.orphans = nil
	s.client.ForceRebalance()
}

// stranded lists the partitions that no member of the settled group holds;
// none where that cannot be told.
func (s *session) stranded(ctx context.Context) []Partition {
	admin := kadm.NewClient(s.client)
	groups, err := admin.DescribeGroups(ctx, s.config.Group)
	if err != nil || groups[s.config.Group].Err != nil || groups[s.config.Group].State != "Stable" {
		return nil
	}
	topics, err := admin.ListTopics(ctx, s.config.topics()...)
	if err != nil {
		return nil
	}
	return unheld(groups[s.config.Group], topics)
}

// unheld lists the partitions of topics that are assigned to no member, in order.
func unheld(group kadm.DescribedGroup, topics kadm.TopicDetails) []Partition {
	held := group.AssignedPartitions()
	var all []Partition
	for _, topic := range topics.Sorted() {
		for _, p := range topic.Partitions.Sorted() {
			if !held.Lookup(topic.Topic, p.Partition) {
				all = append(all, Partition{topic.Topic, p.Partition})
			}
		}
	}
	return all
}
