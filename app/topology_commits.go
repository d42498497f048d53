package app

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"hindsight/app/config"
)

// What the commits of each stage say of the topics that they depend on, by key.
// Those of JOIN name its inputs too: brokers forget the commits of a topic that
// is deleted.
var (
	scoreDepends  = []string{"events", "scores"}
	labelsDepends = []string{"labels"}
	joinDepends   = []string{"events", "labels", "scores", "labels_rerouted", "outcomes", "slices"}
	watchDepends  = []string{"slices", "scores", "watch_state"}
)

// checkCommitted refuses to go on from commits that were made when a topic was
// another one, or had another number of partitions, whichever stage made them.
func (a *App) checkCommitted(ctx context.Context) error {
	names := a.config.Topics
	for _, stage := range config.AllStages() {
		group := a.config.Kafka.StageGroup(stage)
		commits, err := electedCommits(ctx, a.admin, group, func(err error) {
			a.log.Info("waiting for the coordinator of a group", "group", group, "reason", err)
		})
		if err != nil && a.runs(stage) {
			return err
		} // a group of others may not be ours to read
		topics := map[config.Stage][]string{
			config.StageScore: {a.config.Events.Topic}, config.StageJoin: {names.Scores, a.config.Labels.Topic}, config.StageWatch: {names.Slices},
		}
		for _, topic := range topics[stage] {
			for _, p := range commits.partitions(topic) {
				var c struct {
					Topics map[string]string `json:"topics"`
				}
				if err := decodeCommit(topic, p, commits.metadata(topic, p), &c); err != nil {
					return err
				}
				if err := a.top.since(c.Topics); err != nil {
					return fmt.Errorf("group %s, %s/%d: %w", group, topic, p, err)
				}
			}
		}
	}
	return nil
}

// since compares the topics with what a commit says they were.
func (t topology) since(committed map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(committed)) {
		now, used := t.keyed(key)
		if !used {
			continue
		}
		id, partitions, err := parseIdentity(committed[key])
		if err != nil {
			return err
		}
		changed := t.changed(now, id, partitions, "since the last commit")
		if changed == nil || t.free(now, partitions) && t.changed(now, id, now.partitions, "") == nil {
			continue
		}
		return changed
	}
	return nil
}
