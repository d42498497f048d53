package app

import (
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/consumer"
)

// A commit remembers the last dead letters of its source; a rebuild that begins
// before them knows the older ones too, from the topic, and no others.
func TestRebuildKnowsEveryDeadLetter(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "dead"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	opts := []kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...)}
	client, err := kgo.NewClient(append(opts, kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	f := &fold{recovery: &recovery{
		config: &config.Config{Topics: config.Topics{DeadLetters: "dead"}}, client: opts, admin: kadm.NewClient(client),
		stage: &joinStage{top: topology{deadLetters: 2}},
	}}
	commit := newSourceCommit()
	var want []int64
	const from = 200
	for offset := int64(0); offset < 1000; offset += 5 {
		for _, about := range []struct {
			stage     string
			topic     string
			partition int32
		}{{"join", "labels", 3}, {"join", "labels", 1}, {"score", "events", 3}, {"join", "scores", 3}} {
			ours := about.topic == "labels" && about.partition == 3
			letter := consumer.DeadLetter("dead", 2, &kgo.Record{Topic: about.topic, Partition: about.partition, Offset: offset + int64(about.partition)},
				consumer.Fault{Stage: about.stage, Class: "wire"})
			if err := client.ProduceSync(t.Context(), letter).FirstErr(); err != nil {
				t.Fatal(err)
			}
			if ours {
				commit.setAside(offset + 3)
			}
			if ours && offset+3 >= from {
				want = append(want, offset+3)
			}
		}
	}
	got, err := f.aside(t.Context(), sourceID{"labels", 3}, from, &commit)
	if err != nil || !slices.Equal(got, want) || len(got) <= maxAside {
		t.Errorf("%d offsets, want %d: %v, %v", len(got), len(want), got, err)
	}
	for offset := int64(from); offset < 1000; offset++ {
		if wasSetAside(got, offset) != slices.Contains(want, offset) {
			t.Errorf("offset %d was set aside: %v", offset, wasSetAside(got, offset))
		}
	}
	if got, err := f.aside(t.Context(), sourceID{"labels", 3}, want[len(want)-10], &commit); err != nil || !slices.Equal(got, commit.Aside) {
		t.Errorf("where the commit remembers enough: %v, %v", got, err)
	}
}
