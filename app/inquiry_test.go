package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/consumer"
	"hindsight/labels"
	"hindsight/schemas"
)

// asked is a broker with a small history on it, written by hand.
type asked struct {
	t       *testing.T
	client  *kgo.Client
	cfg     *config.Config
	offsets map[string]int64
}

func minutes(n int) schemas.Instant { return seconds(60 * n) }

func (a *asked) write(topic, key string, at schemas.Instant, value []byte, headers ...kgo.RecordHeader) {
	a.t.Helper()
	r := &kgo.Record{Topic: topic, Key: []byte(key), Value: value, Timestamp: at.Time(), Headers: headers}
	if err := a.client.ProduceSync(a.t.Context(), r).FirstErr(); err != nil {
		a.t.Fatal(err)
	}
	a.offsets[topic]++
}

func (a *asked) score(id string, event int) {
	at := a.offsets["events"]
	a.write("events", id, minutes(event), []byte("event of "+id))
	s := schemas.Score{EventID: id, EventTime: minutes(event), Arrival: minutes(event), SourceOffset: at, ScoredAt: schemas.Beginning,
		Model: "m", Version: "1", Value: 0.75, Prediction: "1", Positive: "1"}
	a.write("scores", id, minutes(event), s.AppendAvro(schemas.SingleObjectFraming(schemas.ScoreRecord)))
}

func (a *asked) label(id, truth string, at int) []byte {
	value := append(append([]byte{byte(2 * len(id))}, id...), byte(2*len(truth)))
	value = append(value, truth...)
	a.write("labels", id, minutes(at), value)
	return value
}

// decide writes an outcome about the score at an offset (-1: none) and the label at another.
func (a *asked) decide(tick int, id string, event int, score, label int64, o schemas.Outcome) {
	o.EventID, o.Tick, o.ScoreOffset, o.LabelTime, o.EventTime = id, minutes(tick), score, schemas.Beginning, minutes(event)
	o.SourceOffset, o.Value, o.Prediction, o.Arrival = score, 0.75, "1", minutes(tick-1)
	if score < 0 {
		o.ScorePartition, o.SourcePartition, o.Prediction = -1, -1, ""
	}
	if label >= 0 {
		o.LabelTopic, o.LabelOffset, o.LabelTime = "labels", label, minutes(tick-1)
	}
	a.write("outcomes", id, minutes(tick), o.AppendAvro(schemas.SingleObjectFraming(schemas.OutcomeRecord)))
}

func newAsked(t *testing.T) *Inquiry {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "labels", "scores", "outcomes", "labels-rerouted", "dead-letters"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	opts := []kgo.Opt{kgo.SeedBrokers(c.ListenAddrs()...)}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	schema := filepath.Join(t.TempDir(), "label.avsc")
	if err := os.WriteFile(schema, []byte(`{"type":"record","name":"L","fields":[{"name":"id","type":"string"},{"name":"truth","type":"string"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := (&coreCase{Conflicts: []string{config.Latest}, Horizons: []int{10}}).config(0)
	cfg.Kafka.Group = "g"
	cfg.Events.Wire, cfg.Events.Schema, cfg.Events.ID = config.Bare, schema, "id"
	cfg.Labels = config.Labels{Topic: "labels", Wire: config.Bare, Schema: schema, ID: "id", Value: "truth", Clock: config.RecordClock,
		Horizon: 10 * time.Minute, Grace: 5 * time.Minute, Early: 30 * time.Minute, Conflict: config.Latest}
	cfg.Scores.Partitioner = config.Murmur2
	a := &asked{t, client, cfg, map[string]int64{}}
	a.history()
	return &Inquiry{Client: opts, Admin: kadm.NewClient(client), Config: cfg}
}

// history is what a join of these records gives by the settings.
func (a *asked) history() {
	a.write("labels-rerouted", "", minutes(0), []byte(`{"from":1,"tick":60000000000,"horizon":600000000000,"grace":300000000000,"early":1800000000000,"missing":"","conflict":"latest"}`),
		kgo.RecordHeader{Key: headerKind, Value: []byte(reroutedSettings)})
	a.score("a", 1)
	a.score("b", 2)
	a.score("a", 3)
	a.score("c", 40)
	for at, l := range []struct{ id, truth string }{{"a", "1"}, {"a", "0"}, {"a", "0"}, {"b", "1"}, {"ghost", "1"}, {"soon", "1"}, {"", "1"}, {"c", "1"}} {
		value := a.label(l.id, l.truth, 5+5*at)
		if l.id == "" {
			r := &kgo.Record{Topic: "labels", Offset: int64(at), Value: value, Timestamp: minutes(35).Time()}
			d := consumer.DeadLetter("dead-letters", 1, r, consumer.Fault{Stage: "join", Class: "no_id", Message: "field id, the event id, is missing or empty"})
			a.write("dead-letters", "", minutes(36), d.Value, d.Headers...)
		}
	}
	bad := &kgo.Record{Topic: "events", Offset: 4, Value: append([]byte{6}, "bad\x00"...), Timestamp: minutes(41).Time()}
	a.write("events", "bad", minutes(41), bad.Value)
	d := consumer.DeadLetter("dead-letters", 1, bad, consumer.Fault{Stage: "score", Class: "no_time", Message: "field time is missing"})
	a.write("dead-letters", "", minutes(42), d.Value, d.Headers...)

	a.decide(4, "a", 3, 2, -1, schemas.Outcome{Kind: schemas.Repeated, Revision: 1})
	a.decide(6, "a", 1, 0, 0, schemas.Outcome{Kind: schemas.Matched, Fate: schemas.Used, Revision: 1, Truth: "1"})
	a.decide(11, "a", 1, 0, 1, schemas.Outcome{Kind: schemas.Matched, Fate: schemas.Revision, Revision: 2, Truth: "0", PreviousTruth: "1"})
	a.decide(12, "b", 2, 1, -1, schemas.Outcome{Kind: schemas.Unlabelled, Revision: 1})
	a.decide(16, "a", 1, 0, 2, schemas.Outcome{Fate: schemas.SameAgain, Truth: "0"})
	a.decide(21, "b", 2, 1, 3, schemas.Outcome{Fate: schemas.TooLate, Truth: "1"})
	a.decide(55, "ghost", 0, -1, 4, schemas.Outcome{Fate: schemas.Orphan, Truth: "1"})

	state := newJoinCommit()
	state.Status.Closed = minutes(55)
	state.Status.Ledger = labels.Ledger{Scores: 4, Matched: 1, Unlabelled: 1, Repeated: 1, Pending: 1,
		Labels: 6, Used: 1, Revision: 1, SameAgain: 1, TooLate: 1, Orphan: 1, Waiting: 1}
	commits := kadm.Offsets{}
	commits.Add(kadm.Offset{Topic: "scores", At: 4, LeaderEpoch: -1, Metadata: encodeCommit(state)})
	commits.Add(kadm.Offset{Topic: "labels", At: 7, LeaderEpoch: -1, Metadata: encodeCommit(sourceCommit{Read: 7, InPlace: 6, DeadLetters: 1})})
	admin := kadm.NewClient(a.client)
	if err := admin.CommitAllOffsets(a.t.Context(), a.cfg.Kafka.StageGroup(config.StageJoin), commits); err != nil {
		a.t.Fatal(err)
	}
	commits = kadm.Offsets{}
	commits.Add(kadm.Offset{Topic: "events", At: 5, LeaderEpoch: -1, Metadata: encodeCommit(sourceCommit{Read: 5, Scored: 4, DeadLetters: 1})})
	if err := admin.CommitAllOffsets(a.t.Context(), a.cfg.Kafka.StageGroup(config.StageScore), commits); err != nil {
		a.t.Fatal(err)
	}
}

func TestStories(t *testing.T) {
	ask := newAsked(t)
	for id, want := range map[string][]string{
		"a": {
			"event: the event was published", "score: m@1 said 0.75, which is class \"1\"", "event: the event was published", "score: m@1",
			"outcome: duplicate: an event of this id had been scored before, and that score stands",
			"label: a label says \"1\"", "outcome: matched (revision 1): the label \"1\" of 2026-11-23T00:05:00Z at labels/0@0 is used, the first of its score; the model said \"1\": right",
			"label: a label says \"0\"", "outcome: matched (revision 2): the truth was \"1\" and is \"0\" now, since the label of 2026-11-23T00:10:00Z at labels/0@1 and wins by labels.conflict: latest; the model said \"1\": wrong",
			"label: a label says \"0\"", "fate: duplicate: the label \"0\" of 2026-11-23T00:15:00Z at labels/0@2 says what stands already",
			"= the score is matched (revision 2): truth \"0\", the model said \"1\": wrong; the score at offset 2 is a duplicate; 1 label used; 1 label duplicate; 1 label revision",
		},
		"b": {
			"event: ", "score: ", "outcome: unlabelled (revision 1): no label came within the horizon (10m after 2026-11-23T00:02:00Z: 2026-11-23T00:12:00Z)",
			"label: ", "fate: too late: the label \"1\" of 2026-11-23T00:20:00Z at labels/0@3 arrived at 2026-11-23T00:20:00Z, after the event time + horizon (10m) + grace (5m), which is 2026-11-23T00:17:00Z",
			"= the score is unlabelled; 1 label too late",
		},
		"c": {
			"event: ", "score: ", "label: ",
			"ahead: the label at labels/0@7 is not read yet: JOIN has read labels/0 up to offset 7",
			"ahead: the score waits for a label; stream time stands at 2026-11-23T00:55:00Z; at 2026-11-23T00:50:00Z (event time + horizon, 10m) it becomes unlabelled",
			"= the score is pending; 1 label waiting",
		},
		"ghost": {
			"label: ", "fate: orphan: the label \"1\" of 2026-11-23T00:54:00Z at labels/0@4 found no score within labels.early (30m)",
			"= no event of this id was scored, as far as the topics reach; 1 label orphan",
		},
		"soon": {
			"label: ", "ahead: the label at labels/0@5 waits for an event of this id to be scored, until about 2026-11-23T01:00:00Z (arrival + labels.early, 30m); then it is an orphan",
			"= no event of this id was scored, as far as the topics reach; 1 label waiting",
		},
		"bad": {
			"dead_letter: events/0@4 was set aside by SCORE at 2026-11-23T00:42:00Z: no_time: field time is missing",
			"= no event of this id was scored, as far as the topics reach; 1 dead letter",
		},
		"nobody": {"= "},
	} {
		s, err := ask.Story(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range s.Facts {
			got = append(got, f.What+": "+f.Text)
		}
		got = append(got, "= "+s.Standing)
		if s.Found() != (id != "nobody") || len(got) != len(want) {
			t.Errorf("%s: %d facts, want %d:\n%s", id, len(got), len(want), strings.Join(got, "\n"))
			continue
		}
		for i := range want {
			if !strings.HasPrefix(got[i], want[i]) {
				t.Errorf("%s:\n got %s\nwant %s", id, got[i], want[i])
			}
		}
	}
}

func TestSamples(t *testing.T) {
	ask := newAsked(t)
	l, err := ReadLedger(t.Context(), ask.Admin, ask.Config)
	if err != nil || l.Imbalance != 0 {
		t.Fatal(l, err)
	}
	s, err := ask.Samples(t.Context(), l, 3, 1000)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for sum, buckets := range map[string]map[string][]Sample{"events": s.Events, "scores": s.Scores, "labels": s.Labels} {
		for bucket, all := range buckets {
			for _, x := range all {
				got[sum+" "+bucket] += fmt.Sprintf("%s@%d ", x.ID, x.Offset)
			}
		}
	}
	want := map[string]string{
		"events dead_letter": "bad@4 ", "scores matched": "a@0 ", "scores unlabelled": "b@1 ", "scores duplicate": "a@2 ", "scores pending": "c@3 ",
		"labels used": "a@0 ", "labels revision": "a@1 ", "labels duplicate": "a@2 ", "labels too_late": "b@3 ", "labels orphan": "ghost@4 ",
		"labels waiting": "soon@5 ", "labels dead_letter": "@6 ",
	}
	if diff := cmp.Diff(want, got); diff != "" || !s.Whole {
		t.Errorf("whole %v (-want +got)\n%s", s.Whole, diff)
	}
}

// Scores that another program writes have stories too, whatever their keys are.
func TestStoryOfForeignScores(t *testing.T) {
	ask := newAsked(t)
	cfg := *ask.Config
	cfg.Events = config.Events{}
	cfg.Topics.Scores = "events" // two texts: the id, and what becomes the prediction
	cfg.Scores = config.Scores{Partitioner: config.Murmur2, Wire: config.Bare, Schema: cfg.Labels.Schema, ID: "id", Prediction: "truth", Model: "theirs", Clock: config.EventTimeClock}
	value := append([]byte{10}, "alien"...)
	client, err := kgo.NewClient(ask.Client...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	r := &kgo.Record{Topic: "events", Key: []byte("some key"), Value: append(value, 2, '1'), Timestamp: minutes(60).Time()}
	if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
		t.Fatal(err)
	}
	s, err := (&Inquiry{Client: ask.Client, Admin: ask.Admin, Config: &cfg}).Story(t.Context(), "alien")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Facts) != 2 || !strings.Contains(s.Facts[0].Text, `theirs@unversioned said 0, which is class "1", of the event of 2026-11-23T01:00:00Z, in a score that another program wrote`) {
		t.Errorf("the story is %+v", s.Facts)
	}
}
