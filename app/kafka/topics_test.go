package kafka

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
)

// cluster starts a broker with topics of four partitions and returns a
// configuration of it and an administrator.
func cluster(t *testing.T, topics []string, opts ...kfake.Opt) (*config.Config, *kadm.Client) {
	t.Helper()
	opts = append([]kfake.Opt{kfake.NumBrokers(1)}, opts...)
	if len(topics) > 0 {
		opts = append(opts, kfake.SeedTopics(4, topics...))
	}
	c, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	cfg := configOf(t, "registry: {url: http://r}\nkafka: {group: g, brokers: "+c.ListenAddrs()[0]+"}\nevents: {topic: events, id: id}\nlabels: {topic: labels, id: id, value: v, horizon: 14d, early: 20d}\n"+
		"watch: {windows: [{name: month, size: 30d}]}\n")
	client, err := Connect(t.Context(), cfg.Kafka, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return cfg, kadm.NewClient(client)
}

func configOf(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, err := config.Parse([]byte(text), "/")
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func faultsIn(t *testing.T, admin *kadm.Client, cfg *config.Config) string {
	t.Helper()
	all, err := Describe(t.Context(), admin, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := FaultsFor(all, config.AllStages()); err != nil {
		return err.Error()
	}
	return ""
}

func TestPlan(t *testing.T) {
	const day = 24 * time.Hour
	cfg := configOf(t, "labels: {horizon: 14d, grace: 2d, early: 20d}\nwatch: {windows: [{name: a, size: 1h}, {name: b, size: 100d}]}")
	type row struct {
		partitions int32
		cleanup    string
		retention  time.Duration
	}
	got := map[string]row{}
	for _, p := range Plan(cfg, Counts{Events: 12, Labels: 3}) {
		got[p.Key] = row{p.Partitions, p.Cleanup, p.Retention}
	}
	want := map[string]row{
		"scores":          {12, Delete, (14 + 2 + 20 + 1) * day},
		"outcomes":        {12, Delete, (14 + 2 + 20 + 1) * day},
		"labels_rerouted": {12, Delete, (14 + 2 + 20 + 1) * day},
		"slices":          {4, Delete, (100 + 100 + 14 + 2 + 1) * day},
		"watch_state":     {4, Compact, Unlimited},
		"windows":         {4, CompactDelete, (100 + 14 + 2 + 1) * day},
		"alarms":          {4, Compact, Unlimited},
		"models":          {1, Compact, Unlimited},
		"models_history":  {1, Delete, Unlimited},
		"dead_letters":    {12, Delete, (14 + 2 + 20 + 1) * day},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, c := range []struct {
		counts Counts
		want   int32
	}{{Counts{}, -1}, {Counts{Labels: 3}, 3}, {Counts{Labels: 3, Scores: 5}, 5}, {Counts{Events: 7, Scores: 5}, 7}} {
		if got := Plan(cfg, c.counts)[0].Partitions; got != c.want {
			t.Errorf("partitions of scores for %+v = %d, want %d", c.counts, got, c.want)
		}
	}
}

func TestCreateThenDescribe(t *testing.T) {
	cfg, admin := cluster(t, []string{"events", "labels"})
	if got := faultsIn(t, admin, cfg); strings.Count(got, "does not exist; make it with: hindsight topics create -c config") != 10 {
		t.Errorf("before create:\n%s", got)
	}
	made, err := Create(t.Context(), admin, cfg, Creation{})
	if err != nil {
		t.Fatal(err)
	}
	if len(made) != 10 {
		t.Errorf("made %d topics, want 10", len(made))
	}
	for _, m := range made {
		if !m.Created {
			t.Errorf("topic %s was there before", m.Name)
		}
	}
	if got := faultsIn(t, admin, cfg); got != "" {
		t.Errorf("after create:\n%s", got)
	}
	details, err := list(t.Context(), admin, "scores", "dead-letters")
	if err != nil {
		t.Fatal(err)
	}
	settings, err := settingsOf(t.Context(), admin, details)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := settings["scores"]["retention.ms"], "3110400000"; got != want { // 36 days
		t.Errorf("retention.ms of scores = %s, want %s", got, want)
	}
	if got, want := settings["dead-letters"]["max.message.bytes"], "16777216"; got != want {
		t.Errorf("max.message.bytes of dead-letters = %s, want %s", got, want)
	}
	made, err = Create(t.Context(), admin, cfg, Creation{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range made {
		if m.Created {
			t.Errorf("topic %s was made again", m.Name)
		}
	}
}

func TestCreateLeavesInputsAlone(t *testing.T) {
	cfg, admin := cluster(t, nil)
	if _, err := Create(t.Context(), admin, cfg, Creation{}); !errors.Is(err, ErrNoEvents) || !strings.Contains(err.Error(), "topic events is not there") {
		t.Errorf("nothing says how many partitions scores must have: %v", err)
	}
	if there, err := partitions(t.Context(), admin, "scores", "slices"); err != nil || len(there) > 0 {
		t.Errorf("made all the same: %v, %v", there, err)
	}
	if _, err := Create(t.Context(), admin, cfg, Creation{Events: 3}); err != nil {
		t.Fatal(err)
	}
	there, err := partitions(t.Context(), admin, "events", "labels", "scores", "outcomes")
	if err != nil {
		t.Fatal(err)
	}
	if there["events"] != 0 || there["labels"] != 0 {
		t.Errorf("events or labels were made: %v", there)
	}
	if there["scores"] != 3 || there["outcomes"] != 3 {
		t.Errorf("scores and outcomes must have the three partitions that were said: %v", there)
	}
	if made, err := Create(t.Context(), admin, cfg, Creation{}); err != nil || len(made) != 10 {
		t.Errorf("scores are there and tell: %v, %v", made, err)
	}
}

func TestCreateEmbedded(t *testing.T) {
	cfg, admin := cluster(t, []string{"events", "labels"})
	if _, err := Create(t.Context(), admin, cfg, Creation{Embedded: true}); err != nil {
		t.Fatal(err)
	}
	plan := Plan(cfg, Counts{Events: 4})
	details, err := list(t.Context(), admin, names(plan)...)
	if err != nil {
		t.Fatal(err)
	}
	settings, err := settingsOf(t.Context(), admin, details)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plan {
		s := settings[p.Name]
		if s["cleanup.policy"] != "delete" || s["retention.ms"] != "-1" || s["segment.bytes"] != "1048576" {
			t.Errorf("topic %s has %v", p.Name, s)
		}
	}
	if got := faultsIn(t, admin, cfg); got != "" {
		t.Errorf("faults of the embedded broker's topics:\n%s", got)
	}
}

func TestDescribeFaults(t *testing.T) {
	cfg, admin := cluster(t, []string{"events", "labels"})
	make := func(partitions int32, topic string, settings ...string) {
		t.Helper()
		configs := map[string]*string{}
		for i := 0; i < len(settings); i += 2 {
			configs[settings[i]] = &settings[i+1]
		}
		if _, err := admin.CreateTopic(t.Context(), partitions, 1, configs, topic); err != nil {
			t.Fatal(err)
		}
	}
	make(4, "scores", "retention.ms", "86400000")
	make(2, "outcomes", "retention.ms", "-1")
	make(8, "labels-rerouted", "retention.ms", "-1", "cleanup.policy", "compact")
	make(6, "slices", "retention.ms", "-1", "retention.bytes", "1000")
	make(6, "watch-state", "retention.ms", "1000")
	make(6, "windows", "cleanup.policy", "compact")
	make(6, "alarms", "cleanup.policy", "compact")
	make(3, "models", "cleanup.policy", "compact")
	make(1, "models-history", "retention.ms", "-1")
	make(4, "dead-letters", "retention.ms", "-1", "max.message.bytes", "1000000")
	server := cfg.Kafka.Brokers[0]
	configs := "run: kafka-configs.sh --bootstrap-server " + server + " --alter --entity-type topics --entity-name "
	want := strings.Join([]string{
		"topic scores: keeps records for 1d and they are needed for 36d; " + configs + "scores --add-config retention.ms=3110400000",
		"topic outcomes: has 2 partitions and scores has 4; while it is empty, run: kafka-topics.sh --bootstrap-server " + server + " --alter --topic outcomes --partitions 4; else name another topic in topics.outcomes",
		"topic labels-rerouted: has 8 partitions and scores has 4; partitions cannot be taken away: name another topic in topics.labels_rerouted and run hindsight topics create",
		"topic labels-rerouted: cleanup.policy is compact and would lose records of the same key; " + configs + "labels-rerouted --add-config cleanup.policy=delete",
		"topic slices: retention.bytes is 1000 and may delete records sooner than they are needed for 76d; " + configs + "slices --add-config retention.bytes=-1",
		"topic watch-state: keeps records for 1s and they are needed without end; " + configs + "watch-state --add-config cleanup.policy=compact",
		"topic models: has 3 partitions and must have 1, to keep its order; name another topic in topics.models",
		"topic dead-letters: max.message.bytes is 1000000, too small for a dead letter of 16MiB; " + configs + "dead-letters --add-config max.message.bytes=16777216",
	}, "\n")
	if diff := cmp.Diff(want, faultsIn(t, admin, cfg)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	all, err := Describe(t.Context(), admin, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := FaultsFor(all, []config.Stage{config.StageWatch}); err == nil || strings.Contains(err.Error(), "scores") || !strings.Contains(err.Error(), "slices") {
		t.Errorf("faults for watch alone = %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	cfg := configOf(t, "kafka: {brokers: [127.0.0.1:1]}")
	_, err := Connect(context.Background(), cfg.Kafka, nil, kgo.RequestRetries(0))
	if !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "127.0.0.1:1") || !strings.Contains(err.Error(), "correct kafka.brokers") {
		t.Errorf("Connect = %v, want ErrUnreachable that names the broker and the next step", err)
	}

	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "t"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Kafka.Brokers = cluster.ListenAddrs()
	client, err := Connect(context.Background(), cfg.Kafka, nil, kgo.RequestRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	ask := func() error {
		ends, err := admin.ListEndOffsets(context.Background(), "t")
		return errors.Join(err, ends.Error())
	}
	if err := Unreachable(ask()); err != nil {
		t.Fatal(err)
	}
	cluster.Close()
	if err := ask(); errors.Is(err, ErrUnreachable) || !errors.Is(Unreachable(err), ErrUnreachable) {
		t.Errorf("%v is not told to be of a broker that went away", err)
	}
	if !errors.Is(Unreachable(io.ErrUnexpectedEOF), ErrUnreachable) {
		t.Error("an answer that breaks off is told to be a whole one")
	}
	if errors.Is(Unreachable(kerr.TopicAuthorizationFailed), ErrUnreachable) {
		t.Error("an answer is told to be none")
	}
}
