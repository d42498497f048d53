package app

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app/config"
)

// topology is how many partitions the topics have that the stages use. It is
// read once at start; 0 stands for a topic that no stage here needs.
type topology struct {
	events, labels, scores, slices, deadLetters int32
	identity                                    string // of the cluster and the topics that JOIN's state is a fold of
}

func readTopology(ctx context.Context, admin *kadm.Client, cfg *config.Config, stages []config.Stage) (topology, error) {
	details, err := admin.ListTopics(kadm.WithAuthorizedOps(ctx)) // not from a cache
	if err != nil {
		return topology{}, fmt.Errorf("list topics: %w", err)
	}
	var missing []string
	count := func(topic string) int32 {
		n := int32(len(details[topic].Partitions))
		if n == 0 {
			missing = append(missing, topic)
		}
		return n
	}
	var t topology
	for _, s := range stages {
		switch s {
		case config.StageScore:
			t.events, t.scores, t.deadLetters = count(cfg.Events.Topic), count(cfg.Topics.Scores), count(cfg.Topics.DeadLetters)
		case config.StageJoin:
			t.events, t.labels, t.scores = count(cfg.Events.Topic), count(cfg.Labels.Topic), count(cfg.Topics.Scores)
			t.slices, t.deadLetters = count(cfg.Topics.Slices), count(cfg.Topics.DeadLetters)
			count(cfg.Topics.Outcomes)
			count(cfg.Topics.LabelsRerouted)
		case config.StageWatch:
			t.slices, t.scores = count(cfg.Topics.Slices), count(cfg.Topics.Scores)
			count(cfg.Topics.WatchState)
			count(cfg.Topics.Windows)
			count(cfg.Topics.Alarms)
		}
	}
	metadata, err := admin.BrokerMetadata(ctx)
	if err != nil {
		return topology{}, fmt.Errorf("cluster id: %w", err)
	}
	t.identity = metadata.Cluster
	for _, topic := range []string{cfg.Topics.Scores, cfg.Topics.LabelsRerouted, cfg.Labels.Topic} {
		t.identity += " " + topic + "=" + details[topic].ID.String()
	}
	if len(missing) > 0 {
		return topology{}, fmt.Errorf("topics %q are not there: events and labels are made by their producers, ours by `hindsight topics create`", missing)
	}
	return t, nil
}
