package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app/config"
)

// topology is what the topics are that the stages use, read once at start: how
// many partitions they have, and which topics they are of those that may have
// had their names. A count of 0 stands for a topic that no stage here needs.
type topology struct {
	events, labels, scores, slices, deadLetters int32
	identity                                    string // of the cluster and the topics that JOIN's state is a fold of
	topics                                      map[string]topicIdentity
}

// topicIdentity tells a topic from another of the same name.
type topicIdentity struct {
	key        string // in the configuration
	name       string
	id         kadm.TopicID // zero: the broker gives none
	partitions int32
}

// String is how commits keep it: the id, "-" where there is none, and the count.
func (t topicIdentity) String() string {
	id := "-"
	if t.id != (kadm.TopicID{}) {
		id = t.id.String()
	}
	return id + ":" + strconv.Itoa(int(t.partitions))
}

// parseIdentity reads what String wrote: the id, "" where there was none.
func parseIdentity(text string) (id string, partitions int32, err error) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 {
		return "", 0, fmt.Errorf("%q is not the identity of a topic", text)
	}
	n, err := strconv.ParseInt(text[at+1:], 10, 32)
	if id = text[:at]; id == "-" {
		id = ""
	}
	return id, int32(n), err
}

// of returns the identities of topics for a commit, by key.
func (t topology) of(keys ...string) map[string]string {
	all := map[string]string{}
	for _, topic := range t.topics {
		for _, key := range keys {
			if topic.key == key {
				all[key] = topic.String()
			}
		}
	}
	return all
}

// keyed returns the topic with that key in the configuration.
func (t topology) keyed(key string) (topicIdentity, bool) {
	for _, topic := range t.topics {
		if topic.key == key {
			return topic, true
		}
	}
	return topicIdentity{}, false
}

// listFresh describes topics by the brokers' word, not from a cache, which asking for rights does.
func listFresh(ctx context.Context, admin *kadm.Client, topics ...string) (kadm.TopicDetails, error) {
	details, err := admin.ListTopics(kadm.WithAuthorizedOps(ctx), topics...)
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	return details, nil
}

func readTopology(ctx context.Context, admin *kadm.Client, cfg *config.Config, stages []config.Stage) (topology, error) {
	details, err := listFresh(ctx, admin)
	if err != nil {
		return topology{}, err
	}
	var missing []string
	t := topology{topics: map[string]topicIdentity{}}
	count := func(key, topic string) int32 {
		n := int32(len(details[topic].Partitions))
		if n == 0 {
			missing = append(missing, topic)
		}
		t.topics[topic] = topicIdentity{key, topic, details[topic].ID, n}
		return n
	}
	names := cfg.Topics
	for _, s := range stages {
		switch s {
		case config.StageScore:
			t.events, t.scores = count("events", cfg.Events.Topic), count("scores", names.Scores)
		case config.StageJoin:
			if !cfg.Scores.Foreign() {
				t.events = count("events", cfg.Events.Topic)
			}
			t.labels, t.scores = count("labels", cfg.Labels.Topic), count("scores", names.Scores)
			t.slices = count("slices", names.Slices)
			count("outcomes", names.Outcomes)
			count("labels_rerouted", names.LabelsRerouted)
		case config.StageWatch:
			t.slices, t.scores = count("slices", names.Slices), count("scores", names.Scores)
			count("watch_state", names.WatchState)
			count("windows", names.Windows)
			count("alarms", names.Alarms)
		}
		if s != config.StageWatch {
			if t.deadLetters = int32(len(details[names.DeadLetters].Partitions)); t.deadLetters == 0 {
				missing = append(missing, names.DeadLetters)
			}
		}
	}
	metadata, err := admin.BrokerMetadata(ctx)
	if err != nil {
		return topology{}, fmt.Errorf("cluster id: %w", err)
	}
	t.identity = metadata.Cluster
	for _, topic := range []string{names.Scores, names.LabelsRerouted, cfg.Labels.Topic} {
		t.identity += " " + topic + "=" + details[topic].ID.String()
	}
	if len(missing) > 0 {
		return topology{}, fmt.Errorf("topics %q are not there: events, labels and somebody else's scores are made by their producers, ours by `hindsight topics create`", missing)
	}
	return t, nil
}
