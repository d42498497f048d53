package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"hindsight/app/config"
)

// CountsOf asks the cluster for the partition counts that a plan starts from.
func CountsOf(ctx context.Context, admin *kadm.Client, cfg *config.Config) (Counts, error) {
	n, err := partitions(ctx, admin, cfg.Events.Topic, cfg.Labels.Topic, cfg.Topics.Scores, cfg.Topics.Slices)
	if err != nil {
		return Counts{}, err
	}
	return Counts{
		Events: n[cfg.Events.Topic],
		Labels: n[cfg.Labels.Topic],
		Scores: n[cfg.Topics.Scores],
		Slices: n[cfg.Topics.Slices],
	}, nil
}

// partitions returns how many partitions the topics have that are there.
func partitions(ctx context.Context, admin *kadm.Client, topics ...string) (map[string]int32, error) {
	details, err := list(ctx, admin, topics...)
	if err != nil {
		return nil, err
	}
	n := map[string]int32{}
	for name, d := range details {
		n[name] = int32(len(d.Partitions))
	}
	return n, nil
}

// list returns those of the topics that are there; empty names are passed over.
func list(ctx context.Context, admin *kadm.Client, topics ...string) (kadm.TopicDetails, error) {
	var named []string
	for _, t := range topics {
		if t != "" {
			named = append(named, t)
		}
	}
	found := kadm.TopicDetails{}
	if len(named) == 0 {
		return found, nil // none: kadm would list every topic
	}
	// Asking for rights goes past kgo's cache, in which a topic that has just
	// been made is still unknown for seconds.
	details, err := admin.ListTopics(kadm.WithAuthorizedOps(ctx), named...)
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	for name, d := range details {
		switch {
		case errors.Is(d.Err, kerr.UnknownTopicOrPartition):
		case d.Err != nil:
			return nil, fmt.Errorf("topic %s: %w", name, d.Err)
		default:
			found[name] = d
		}
	}
	return found, nil
}
