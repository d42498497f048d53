package app_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app"
	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/consumer"
)

// admin is for what an operator does beside the program.
func (s *stand) admin() *kadm.Client {
	s.t.Helper()
	client, err := kafka.Connect(s.t.Context(), s.config(s.t.TempDir()).Kafka, nil, s.broker.ClientOptions()...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(client.Close)
	return kadm.NewClient(client)
}

// grow adds two partitions to a topic.
func grow(t *testing.T, admin *kadm.Client, topic string) {
	t.Helper()
	if _, err := admin.CreatePartitions(t.Context(), 2, topic); err != nil {
		t.Fatalf("%s: %v", topic, err)
	}
}

// anew deletes a topic and makes it again with as many partitions.
func anew(t *testing.T, admin *kadm.Client, topic string) {
	t.Helper()
	details, err := admin.ListTopics(kadm.WithAuthorizedOps(t.Context()), topic)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.DeleteTopic(t.Context(), topic); err != nil {
		t.Fatal(err)
	}
	keep := "-1"
	if _, err := admin.CreateTopic(t.Context(), int32(len(details[topic].Partitions)), 1, map[string]*string{"retention.ms": &keep}, topic); err != nil {
		t.Fatal(err)
	}
}

// deleteBefore is what retention does to one partition.
func deleteBefore(t *testing.T, admin *kadm.Client, topic string, partition int32, offset int64) {
	t.Helper()
	var to kadm.Offsets
	to.AddOffset(topic, partition, offset, -1)
	if _, err := admin.DeleteRecords(t.Context(), to); err != nil {
		t.Fatal(err)
	}
}

// attempt makes and runs a process with its own state directory and returns what
// ended it, nil if its inputs did.
func (s *stand) attempt(dir string, change func(*app.Options)) (*app.Report, error) {
	s.t.Helper()
	o := app.Options{
		Config: s.config(dir), Stages: config.AllStages(), Log: slog.New(s), InputsEnd: s.inputsEnd,
		Client: s.broker.ClientOptions(), Group: s.broker.GroupOptions(), RegistryHTTP: s.registry, Instance: "attempt", MaxRecords: 50,
	}
	if change != nil {
		change(&o)
	}
	a, err := app.New(s.t.Context(), o)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	if err := a.Run(s.t.Context()); err != nil {
		return nil, err
	}
	return a.Report(s.t.Context())
}

// says fails unless err ends the run for good and holds each text.
func says(t *testing.T, err error, texts ...string) {
	t.Helper()
	if !errors.Is(err, consumer.ErrFatal) {
		t.Fatalf("ended with %v, want an error that only a person can cure", err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not say %q", err, text)
		}
	}
}

type topicChange struct {
	name   string
	change func(*testing.T, *kadm.Client)
	says   []string
}

func grows(topic string) func(*testing.T, *kadm.Client) {
	return func(t *testing.T, admin *kadm.Client) { grow(t, admin, topic) }
}

func isAnew(topic string) func(*testing.T, *kadm.Client) {
	return func(t *testing.T, admin *kadm.Client) { anew(t, admin, topic) }
}

// A topic gets partitions, or is deleted, perhaps to be made anew, while the
// program runs (GUARANTEES.md R12; S18): the run ends,
// names the topic and what changed, and says what to do.
func TestTopicsChangeWhileRunning(t *testing.T) {
	const grew, again = "had 4 partitions and has 6", "was deleted and made anew, or another one named in its place, while hindsight was running"
	for _, c := range []topicChange{
		{"events grow", grows("events"), []string{"topic events (events)", "had 4 partitions and has ", "another kafka.group"}},
		{"labels grow", grows("labels"), []string{"topic labels (labels)", "had 4 partitions and has ", "topic of 4 partitions"}},
		{"scores grow", grows("scores"), []string{"topic scores (scores)", grew}},
		{"outcomes grow", grows("outcomes"), []string{"topic outcomes (outcomes)", grew}},
		{"slices grow", grows("slices"), []string{"topic slices (slices)", grew}},
		{"windows grow", grows("windows"), []string{"topic windows (windows)", grew}},
		{"events anew", isAnew("events"), []string{"events", "made anew", "another kafka.group"}},
		{"labels anew", isAnew("labels"), []string{"labels", "made anew"}},
		{"scores anew", isAnew("scores"), []string{"scores", "made anew"}},
		{"labels-rerouted anew", isAnew("labels-rerouted"), []string{"topic labels-rerouted (labels_rerouted)", again, "kafka.group"}},
		{"slices anew", isAnew("slices"), []string{"slices", "made anew"}},
		{"outcomes gone", func(t *testing.T, admin *kadm.Client) {
			if _, err := admin.DeleteTopic(t.Context(), "outcomes"); err != nil {
				t.Fatal(err)
			}
		}, []string{"outcomes", "deleted", "kafka.group"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, 600, 0)
			<-s.published
			s.inputsEnd = nil
			admin := s.admin()
			ctx, cancel := context.WithCancel(t.Context())
			a := s.open(t.TempDir(), newCancelAfter(300, cancel))
			ended := make(chan error, 1)
			go func() { ended <- a.Run(t.Context()) }()
			<-ctx.Done() // it is at work
			c.change(t, admin)
			says(t, <-ended, c.says...)
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// The same while nobody runs: the next start is refused before anything is read.
func TestTopicsChangeBetweenRuns(t *testing.T) {
	const again = "was deleted and made anew, or another one named in its place, since the last commit"
	for _, c := range []topicChange{
		{"events anew", isAnew("events"), []string{"topic events (events)", again, "another kafka.group"}},
		{"labels anew", isAnew("labels"), []string{"topic labels (labels)", again}},
		{"scores anew", isAnew("scores"), []string{"topic scores (scores)", again}},
		{"outcomes anew", isAnew("outcomes"), []string{"topic outcomes (outcomes)", again}},
		{"labels-rerouted anew", isAnew("labels-rerouted"), []string{"topic labels-rerouted (labels_rerouted)", again}},
		{"slices anew", isAnew("slices"), []string{"topic slices (slices)", again}},
		{"watch-state anew", isAnew("watch-state"), []string{"topic watch-state (watch_state)", again}},
		{"labels grow", grows("labels"), []string{"topic labels (labels)", "had 4 partitions and has 6", "since the last commit", "topic of 4 partitions"}},
		{"slices and theirs grow", func(t *testing.T, admin *kadm.Client) {
			for _, topic := range []string{"slices", "watch-state", "windows", "alarms"} {
				grow(t, admin, topic)
			}
		}, []string{"topic slices (slices)", "had 4 partitions and has 6"}},
		{"events and theirs grow", func(t *testing.T, admin *kadm.Client) {
			for _, topic := range []string{"events", "scores", "outcomes", "labels-rerouted", "dead-letters"} {
				grow(t, admin, topic)
			}
		}, []string{"topic events (events)", "had 4 partitions and has 6"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, 300, 0)
			dir := t.TempDir()
			s.finish(dir)
			c.change(t, s.admin())
			_, err := s.attempt(dir, nil)
			says(t, err, c.says...)
		})
	}
}

// Retention passes what SCORE has committed while nobody runs (GUARANTEES.md
// R13; S17): the run ends with the lost range and the
// cure, and the cure works: the loss is counted.
func TestRetentionPassesTheEvents(t *testing.T) {
	s, dir := newStand(t, 300, 0), t.TempDir()
	before := parsed(t, s.finish(dir))
	s.more(900)
	admin := s.admin()
	ends, err := admin.ListEndOffsets(t.Context(), "events")
	if err != nil {
		t.Fatal(err)
	}
	var gone int64
	commits, err := admin.FetchOffsets(t.Context(), "car-loans-score")
	if err != nil {
		t.Fatal(err)
	}
	for p, end := range ends["events"] {
		at, _ := commits.Lookup("events", p)
		if lost := (end.Offset - at.At) / 3; lost > 0 {
			deleteBefore(t, admin, "events", p, at.At+lost)
			gone += lost
		}
	}
	if gone == 0 {
		t.Fatal("nothing was deleted")
	}
	_, err = s.attempt(dir, nil)
	says(t, err, "events/", "were deleted before they were read", "--accept-loss", "retention.ms")
	after, err := s.attempt(dir, func(o *app.Options) { o.AcceptLoss = true })
	if err != nil {
		t.Fatal(err)
	}
	if read := before.Events + 900 - gone; after.Events != read {
		t.Errorf("%d events are read of the %d that were left", after.Events, read)
	}
	if n := sum(after.Outcomes); n != after.Scores {
		t.Errorf("%d outcomes of %d scores", n, after.Scores)
	}
}

// Retention passes a floor that a rebuild needs, and the disk is lost
// (S17): refused with the range and the cure. With the disk
// present nothing is needed of it.
func TestRetentionPassesTheFloor(t *testing.T) {
	s, dir := newStand(t, 3000, 0), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	a := s.open(dir, newCancelAfter(2000, cancel))
	if err := errors.Join(a.Run(ctx), a.Close()); err != nil { // midway, so that scores are pending
		t.Fatal(err)
	}
	<-s.published
	admin := s.admin()
	commits, err := admin.FetchOffsets(t.Context(), "car-loans-join")
	if err != nil {
		t.Fatal(err)
	}
	for p := range int32(4) {
		at, _ := commits.Lookup("scores", p)
		deleteBefore(t, admin, "scores", p, at.At)
	}
	lost := t.TempDir()
	_, err = s.attempt(lost, nil)
	says(t, err, "offsets ", "of scores/", "are gone", "restore the state directory")
	if _, err := os.Stat(filepath.Join(dir, "join")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.attempt(dir, nil); err != nil {
		t.Errorf("with the disk present: %v", err)
	}
}

// A commit of a later version is refused by name; unknown fields are passed over.
func TestCommitsOfOtherVersions(t *testing.T) {
	s, dir := newStand(t, 300, 0), t.TempDir()
	want := s.finish(dir)
	admin := s.admin()
	rewrite := func(old, new string) {
		t.Helper()
		var changed kadm.Offsets
		commits, err := admin.FetchOffsets(t.Context(), "car-loans-join")
		if err != nil {
			t.Fatal(err)
		}
		for p := range int32(4) {
			c, _ := commits.Lookup("scores", p)
			if !strings.HasPrefix(c.Metadata, old) {
				t.Fatalf("metadata %q does not begin with %q", c.Metadata, old)
			}
			changed.Add(kadm.Offset{Topic: "scores", Partition: p, At: c.At, LeaderEpoch: -1, Metadata: new + strings.TrimPrefix(c.Metadata, old)})
		}
		if err := admin.CommitAllOffsets(t.Context(), "car-loans-join", changed); err != nil {
			t.Fatal(err)
		}
	}
	rewrite(`{"v":1,`, `{"v":1,"of_tomorrow":{"a":[1]},`)
	if diff := cmp.Diff(want, s.finish(dir)); diff != "" {
		t.Errorf("with a field that is not known (-before +after):\n%s", diff)
	}
	rewrite(`{"v":1,`, `{"v":2,`)
	_, err := s.attempt(dir, nil)
	says(t, err, "scores/", "newer hindsight (format 2, this one reads up to 1)", "upgrade")
}
