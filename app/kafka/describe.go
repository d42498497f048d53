package kafka

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app/config"
)

// Status is a topic as it is, beside what it needs.
type Status struct {
	Topic                    // the plan; of events and labels only Key and Name
	Ours       bool          // false for events, labels and the scores of another program
	Exists     bool          //
	Have       int32         // partitions
	Replicas   int           //
	HasCleanup string        // cleanup.policy
	HasKeep    time.Duration // retention.ms, Unlimited for -1
	HasMessage int           // max.message.bytes; 0: not told
	Faults     []string      // what is wrong, each with the next step
}

// Keeps returns how long records stay at least, by age: a topic that is only
// compacted has no use for its retention.ms.
func (s Status) Keeps() time.Duration {
	if !strings.Contains(s.HasCleanup, Delete) {
		return Unlimited
	}
	return s.HasKeep
}

// Describe compares what is in the cluster with the plan: events and labels
// first where they are configured, then our topics in the order of the plan.
func Describe(ctx context.Context, admin *kadm.Client, cfg *config.Config) ([]Status, error) {
	counts, err := CountsOf(ctx, admin, cfg)
	if err != nil {
		return nil, err
	}
	all := statuses(cfg, counts)
	var topics []string
	for _, s := range all {
		topics = append(topics, s.Name)
	}
	details, err := list(ctx, admin, topics...)
	if err != nil {
		return nil, err
	}
	settings, err := settingsOf(ctx, admin, details)
	if err != nil {
		return nil, err
	}
	d := describer{cfg: cfg, details: details, settings: settings}
	for i := range all {
		d.compare(&all[i])
	}
	return all, nil
}

func statuses(cfg *config.Config, counts Counts) []Status {
	var all []Status
	if cfg.Events.Topic != "" {
		all = append(all, Status{Topic: Topic{Key: "events", Name: cfg.Events.Topic, Stages: []config.Stage{config.StageScore, config.StageJoin}}})
	}
	if cfg.Labels.Topic != "" {
		all = append(all, Status{Topic: Topic{Key: "labels", Name: cfg.Labels.Topic, Stages: []config.Stage{config.StageJoin}}})
	}
	for _, t := range Plan(cfg, counts) {
		all = append(all, Status{Topic: t, Ours: !t.Foreign})
	}
	return all
}

// settingsOf returns the settings of every topic in details by name.
func settingsOf(ctx context.Context, admin *kadm.Client, details kadm.TopicDetails) (map[string]map[string]string, error) {
	settings := map[string]map[string]string{}
	if len(details) == 0 {
		return settings, nil
	}
	configs, err := admin.DescribeTopicConfigs(ctx, details.Names()...)
	if err != nil {
		return nil, fmt.Errorf("describe topic settings: %w", err)
	}
	for _, c := range configs {
		if c.Err != nil {
			return nil, fmt.Errorf("topic %s: describe settings: %w", c.Name, c.Err)
		}
		settings[c.Name] = map[string]string{}
		for _, kv := range c.Configs {
			settings[c.Name][kv.Key] = kv.MaybeValue()
		}
	}
	return settings, nil
}

type describer struct {
	cfg      *config.Config
	details  kadm.TopicDetails
	settings map[string]map[string]string
}

func (d *describer) compare(s *Status) {
	detail, ok := d.details[s.Name]
	if !ok {
		s.Faults = append(s.Faults, d.absent(s))
		return
	}
	s.Exists, s.Have, s.Replicas = true, int32(len(detail.Partitions)), detail.Partitions.NumReplicas()
	set := d.settings[s.Name]
	s.HasCleanup = strings.ReplaceAll(set["cleanup.policy"], " ", "")
	s.HasKeep = duration(set["retention.ms"])
	if limit, err := strconv.Atoi(set["max.message.bytes"]); err == nil {
		s.HasMessage = limit
	}
	if s.Foreign {
		s.Faults = append(s.Faults, d.cleanupFaults(s)...)
	}
	if !s.Ours {
		return
	}
	s.Faults = append(s.Faults, d.partitionFaults(s)...)
	s.Faults = append(s.Faults, d.cleanupFaults(s)...)
	if limit, err := strconv.Atoi(set["max.message.bytes"]); err == nil && limit < s.MaxMessage {
		s.Faults = append(s.Faults, fmt.Sprintf("max.message.bytes is %d, too small for a dead letter of %s; run: %s",
			limit, config.Size(s.MaxMessage), d.configure(s.Name, "max.message.bytes="+strconv.Itoa(s.MaxMessage))))
	}
}

func (d *describer) absent(s *Status) string {
	if s.Ours {
		return "does not exist; make it with: hindsight topics create -c " + d.cfg.File()
	}
	if s.Foreign {
		return "does not exist; it belongs to the program that writes the scores (scores.id), which must make it first"
	}
	return fmt.Sprintf("does not exist; it belongs to its producers, and hindsight publish -c %s %s FILE makes it too", d.cfg.File(), s.Key)
}

func (d *describer) partitionFaults(s *Status) []string {
	want := s.Partitions
	like := s.Equal
	if other, ok := d.details[like]; ok {
		want = int32(len(other.Partitions))
	}
	switch {
	case want <= 0 || s.Have == want:
		return nil
	case like == "":
		if s.Key != "models" && s.Key != "models_history" {
			return nil // a count of its own
		}
		return []string{fmt.Sprintf("has %d partitions and must have 1, to keep its order; name another topic in topics.%s", s.Have, s.Key)}
	case s.Have < want:
		return []string{fmt.Sprintf("has %d partitions and %s has %d; while it is empty, run: kafka-topics.sh --bootstrap-server %s --alter --topic %s --partitions %d; else name another topic in topics.%s",
			s.Have, like, want, d.server(), s.Name, want, s.Key)}
	}
	return []string{fmt.Sprintf("has %d partitions and %s has %d; partitions cannot be taken away: name another topic in topics.%s and run hindsight topics create",
		s.Have, like, want, s.Key)}
}

// cleanupFaults finds records that would be gone while they are needed. A
// compacted topic that is never deleted from keeps all that is needed, so
// delete with no limit is well too (the embedded broker has nothing else).
func (d *describer) cleanupFaults(s *Status) []string {
	var faults []string
	if strings.Contains(s.HasCleanup, Compact) && s.Cleanup == Delete {
		faults = append(faults, fmt.Sprintf("cleanup.policy is %s and would lose records of the same key; run: %s",
			s.HasCleanup, d.configure(s.Name, "cleanup.policy=delete")))
	}
	if !strings.Contains(s.HasCleanup, Delete) || s.Cleanup == CompactDelete { // windows: how far to look back is the user's to say
		return faults
	}
	if s.HasKeep != Unlimited && (s.Retention == Unlimited || s.HasKeep < s.Retention) {
		fix := "retention.ms=" + milliseconds(s.Retention)
		if s.Cleanup == Compact {
			fix = "cleanup.policy=compact"
		}
		faults = append(faults, fmt.Sprintf("keeps records for %s and %s; run: %s",
			config.FormatDuration(s.HasKeep), needs(s.Retention), d.configure(s.Name, fix)))
	}
	if limit, err := strconv.ParseInt(d.settings[s.Name]["retention.bytes"], 10, 64); err == nil && limit >= 0 {
		faults = append(faults, fmt.Sprintf("retention.bytes is %d and may delete records sooner than %s; run: %s",
			limit, needs(s.Retention), d.configure(s.Name, "retention.bytes=-1")))
	}
	return faults
}

func needs(keep time.Duration) string {
	if keep == Unlimited {
		return "they are needed without end"
	}
	return "they are needed for " + config.FormatDuration(keep)
}

func (d *describer) configure(topic, setting string) string {
	return fmt.Sprintf("kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name %s --add-config %s", d.server(), topic, setting)
}

func (d *describer) server() string {
	if len(d.cfg.Kafka.Brokers) == 0 {
		return "BROKER"
	}
	return d.cfg.Kafka.Brokers[0]
}

func duration(ms string) time.Duration {
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil || n < 0 || n > int64(1<<63-1)/int64(time.Millisecond) {
		return Unlimited
	}
	return time.Duration(n) * time.Millisecond
}

// FaultsFor returns the faults of the topics that the stages use, as one error.
func FaultsFor(all []Status, stages []config.Stage) error {
	var faults []error
	for _, s := range all {
		if len(UsedBy([]Topic{s.Topic}, stages)) == 0 {
			continue
		}
		for _, f := range s.Faults {
			faults = append(faults, fmt.Errorf("topic %s: %s", s.Name, f))
		}
	}
	return errors.Join(faults...)
}
