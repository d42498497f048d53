package consumer

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// reader notes what it reads and what it is told to be lost.
type reader struct {
	keys []string
	lost int64
	met  func(keys []string) // called after each commit
	done int                 // ends the run after so many keys; 0: never
}

func (r *reader) Assign(_ context.Context, commits []Commit) error {
	for _, c := range commits {
		r.lost += c.Lost
	}
	return nil
}

func (r *reader) Process(_ context.Context, _ time.Time, fetches kgo.Fetches, out *Output) error {
	fetches.EachRecord(func(rec *kgo.Record) {
		r.keys = append(r.keys, string(rec.Key))
	})
	out.Done = r.done > 0 && len(r.keys) >= r.done
	return nil
}

func (r *reader) Committed() error {
	if r.met != nil {
		r.met(r.keys)
	}
	return nil
}

func (r *reader) Revoke([]Partition) {}
func (r *reader) Aborted() error     { return nil }

func (r *reader) run(t *testing.T, client []kgo.Opt, more ...func(*Config)) error {
	t.Helper()
	config := Config{
		Name: "read", Client: client, Group: "g", TransactionalID: "x", CommitInterval: 5 * time.Millisecond, MaxRecords: 200, EndTimeout: 5 * time.Second,
		Lead: "in", Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range more {
		f(&config)
	}
	return Run(t.Context(), config, r)
}

// deleteBefore is what retention does to the only partition of a topic.
func deleteBefore(t *testing.T, client []kgo.Opt, topic string, offset int64) {
	t.Helper()
	var to kadm.Offsets
	to.AddOffset(topic, 0, offset, -1)
	_, err := kadm.NewClient(newClient(t, client)).DeleteRecords(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
}

func commitAt(t *testing.T, client []kgo.Opt, offset int64) {
	t.Helper()
	var at kadm.Offsets
	at.Add(kadm.Offset{Topic: "in", Partition: 0, At: offset, LeaderEpoch: -1, Metadata: "kept"})
	if err := kadm.NewClient(newClient(t, client)).CommitAllOffsets(t.Context(), "g", at); err != nil {
		t.Fatal(err)
	}
}

// wantLost fails unless err says which offsets of in/0 are gone.
func wantLost(t *testing.T, err error, next, start, end int64, text string) {
	t.Helper()
	var lost *LostError
	if !errors.As(err, &lost) || !errors.Is(err, ErrFatal) {
		t.Fatalf("the run ended with %v, want a LostError", err)
	}
	if want := (LostError{Partition{"in", 0}, next, start, end}); *lost != want {
		t.Errorf("lost %+v, want %+v", *lost, want)
	}
	if !strings.Contains(err.Error(), text) {
		t.Errorf("%q does not say %q", err, text)
	}
}

// Retention passes a committed offset while nobody reads (GUARANTEES.md row
// 13; S17): the run ends and names what is lost.
func TestRetentionPassedTheCommit(t *testing.T) {
	_, client := testBroker(t, map[string]int32{"in": 1})
	produce(t, client, "in", 1, 10)
	commitAt(t, client, 3)
	deleteBefore(t, client, "in", 7)
	r := &reader{done: 3}
	wantLost(t, r.run(t, client), 3, 7, 10, "in/0: offsets 3 to 6 were deleted before they were read")
	if len(r.keys) > 0 {
		t.Errorf("read %v beside the loss", r.keys)
	}
}

// The same with the loss accepted for this topic: reading goes on behind it,
// and the stage learns how much is gone and keeps its metadata.
func TestAcceptedLossIsCounted(t *testing.T) {
	for _, delivery := range []Delivery{ExactlyOnce, AtLeastOnce} {
		_, client := testBroker(t, map[string]int32{"in": 1})
		produce(t, client, "in", 1, 10)
		commitAt(t, client, 3)
		deleteBefore(t, client, "in", 7)
		r := &reader{done: 3}
		accept := func(c *Config) {
			c.Delivery = delivery
			c.AcceptLoss = func(topic string) bool { return topic == "in" }
		}
		if err := r.run(t, client, accept); err != nil {
			t.Fatal(err)
		}
		if want := []string{"7", "8", "9"}; !slices.Equal(r.keys, want) || r.lost != 4 {
			t.Errorf("read %v and %d are lost, want %v and 4", r.keys, r.lost, want)
		}
	}
}

// A loss that is accepted for one topic ends the run in another.
func TestLossIsAcceptedByTopic(t *testing.T) {
	_, client := testBroker(t, map[string]int32{"in": 1})
	produce(t, client, "in", 1, 10)
	commitAt(t, client, 3)
	deleteBefore(t, client, "in", 7)
	err := (&reader{done: 3}).run(t, client, func(c *Config) { c.AcceptLoss = func(topic string) bool { return topic != "in" } })
	wantLost(t, err, 3, 7, 10, "offsets 3 to 6")
}

// Retention overtakes a reader that is at work: its next fetch meets
// OFFSET_OUT_OF_RANGE.
func TestRetentionOvertakesTheReader(t *testing.T) {
	cluster, client := testBroker(t, map[string]int32{"in": 1})
	produce(t, client, "in", 1, 10)
	var blocked atomic.Bool
	cut := make(chan struct{}, 1000)
	cluster.ControlKey(int16(kmsg.Fetch), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if !blocked.Load() {
			return nil, nil, false
		}
		select {
		case cut <- struct{}{}:
		default:
		}
		return nil, errors.New("the connection is cut"), true
	})
	met := false
	r := &reader{}
	r.met = func(keys []string) {
		if met || len(keys) < 10 {
			return
		}
		met = true
		blocked.Store(true)
		<-cut // so that no fetch waits for what comes now
		produce(t, client, "in", 1, 10)
		deleteBefore(t, client, "in", 18)
		blocked.Store(false)
	}
	err := r.run(t, client)
	if !met {
		t.Fatal("nothing was deleted")
	}
	wantLost(t, err, 10, 18, 20, "offsets 10 to 17 were deleted before they were read")
}

// The log is shorter than what was read (an unclean election, or a topic made
// anew while nobody looked): S16.
func TestLogShorterThanTheCommit(t *testing.T) {
	_, client := testBroker(t, map[string]int32{"in": 1})
	produce(t, client, "in", 1, 10)
	commitAt(t, client, 25)
	err := (&reader{done: 1}).run(t, client, func(c *Config) { c.AcceptLoss = func(string) bool { return true } }) // of retention only
	wantLost(t, err, 25, 0, 10, "in/0: offsets 10 to 24 were read and are gone: the log ends at 10")
}

// A new leader does not have the epoch that was read: the client reports data
// loss, and the run ends (S16).
func TestDataLossAfterAnElection(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(2), kfake.SeedTopics(1, "in"), kfake.GroupMinSessionTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	var asked atomic.Bool
	cluster.ControlKey(int16(kmsg.OffsetForLeaderEpoch), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		asked.Store(true)
		resp := req.ResponseKind().(*kmsg.OffsetForLeaderEpochResponse)
		topic, part := kmsg.NewOffsetForLeaderEpochResponseTopic(), kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
		topic.Topic, part.LeaderEpoch, part.EndOffset = "in", 0, 6
		topic.Partitions = append(topic.Partitions, part)
		resp.Topics = append(resp.Topics, topic)
		return resp, nil, true
	})
	client := []kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.MetadataMinAge(50 * time.Millisecond), kgo.MetadataMaxAge(100 * time.Millisecond), kgo.FetchMaxWait(100 * time.Millisecond)}
	produce(t, client, "in", 1, 10)
	moved := false
	r := &reader{}
	r.met = func(keys []string) {
		if moved || len(keys) < 10 {
			return
		}
		moved = true
		leader := cluster.LeaderFor("in", 0)
		if err := cluster.MoveTopicPartition("in", 0, 1-leader); err != nil {
			t.Error(err)
		}
	}
	err = r.run(t, client)
	if !moved || !asked.Load() {
		t.Fatalf("leader moved: %v, epochs compared: %v", moved, asked.Load())
	}
	wantLost(t, err, 10, 0, 6, "in/0: offsets 6 to 9 were read and are gone: the log ends at 6")
}

// A topic is deleted and made anew under a reader (GUARANTEES.md R12;
// S18): the run ends and names it.
func TestTopicMadeAnew(t *testing.T) {
	_, client := testBroker(t, map[string]int32{"in": 1})
	produce(t, client, "in", 1, 10)
	anew := false
	r := &reader{}
	r.met = func(keys []string) {
		if anew || len(keys) < 10 {
			return
		}
		anew = true
		admin := kadm.NewClient(newClient(t, client))
		if _, err := admin.DeleteTopic(t.Context(), "in"); err != nil {
			t.Error(err)
		}
		if _, err := admin.CreateTopic(t.Context(), 1, 1, nil, "in"); err != nil {
			t.Error(err)
		}
		produce(t, client, "in", 1, 30)
	}
	err := r.run(t, client)
	var recreated *RecreatedError
	if !anew || !errors.As(err, &recreated) || recreated.Topic != "in" || !errors.Is(err, ErrFatal) {
		t.Fatalf("the run ended with %v, want a RecreatedError", err)
	}
	if len(r.keys) != 10 {
		t.Errorf("%d records were read, want the 10 of the old topic", len(r.keys))
	}
}
