package app

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
)

// A partition without a commit whose outcomes are published has lost its
// commits. A topic that was deleted took them along: then that is what a person
// must hear.
func TestOrphanedOutcomesNameTheirCause(t *testing.T) {
	const scores, outcomes = "scores", "outcomes"
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, scores, outcomes))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: outcomes, Partition: 1, Value: []byte("one")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	details, err := listFresh(t.Context(), admin, scores, outcomes)
	if err != nil {
		t.Fatal(err)
	}
	top := topology{topics: map[string]topicIdentity{}}
	for _, name := range []string{scores, outcomes} {
		top.topics[name] = topicIdentity{name, name, details[name].ID, 2}
	}
	cfg := &config.Config{}
	cfg.Topics.Scores, cfg.Topics.Outcomes = scores, outcomes
	r := &recovery{config: cfg, admin: admin, stage: &joinStage{top: top}}
	refused := func(partition int32, says string) {
		t.Helper()
		err := r.refuseOrphanedOutcomes(t.Context(), partition)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("partition %d: %v, want %q", partition, err, says)
		}
	}
	refused(0, "")
	refused(1, "has no commit for scores/1, but outcomes/1 holds outcomes")
	if _, err := admin.DeleteTopic(t.Context(), scores); err != nil {
		t.Fatal(err)
	}
	refused(1, "topic scores (scores) is not there any more")
	if _, err := admin.CreateTopic(t.Context(), 2, 1, nil, scores); err != nil {
		t.Fatal(err)
	}
	refused(0, "")
	refused(1, "topic scores (scores) was deleted and made anew")
}
