package consumer

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// faultStage copies ten records, the one with key 3 as a record that is too
// large where it is told to; or Process waits until the fault has struck.
type faultStage struct {
	records   int64
	committed atomic.Int64
	tooLarge  atomic.Bool
	waitFor   chan struct{} // closed when the fault has struck; nil: do not wait
	inProcess atomic.Bool
}

func (s *faultStage) Assign(context.Context, []Commit) error { return nil }
func (s *faultStage) Revoke([]Partition)                     {}
func (s *faultStage) Aborted() error                         { return nil }

func (s *faultStage) Process(_ context.Context, _ time.Time, fetches kgo.Fetches, out *Output) error {
	s.records = 0
	fetches.EachRecord(func(r *kgo.Record) {
		if r.Attrs.IsControl() {
			return
		}
		s.records++
		value := []byte("v")
		if string(r.Key) == "3" && s.tooLarge.Load() {
			value = []byte(strings.Repeat("x", 1_100_000))
		}
		out.Publish(&kgo.Record{Topic: "out", Partition: r.Partition, Key: r.Key, Value: value})
	})
	if s.records > 0 && s.waitFor != nil {
		s.inProcess.Store(true)
		<-s.waitFor
	}
	out.Done = s.committed.Load() >= 10
	return nil
}

func (s *faultStage) Committed() error {
	s.committed.Add(s.records)
	s.records = 0
	return nil
}

func (s *faultStage) run(t *testing.T, client []kgo.Opt) {
	t.Helper()
	produce(t, client, "in", 1, 10)
	if err := Run(t.Context(), s.config(client), s); err != nil {
		t.Fatal(err)
	}
	for key, n := range consume(t, client, "out") {
		if n != 1 {
			t.Errorf("record %s stands %d times in the output", key, n)
		}
	}
	if n := len(consume(t, client, "out")); n != 10 {
		t.Errorf("%d records are in the output, want 10", n)
	}
}

func (s *faultStage) config(client []kgo.Opt) Config {
	return Config{
		Name: "copy", Client: client, Group: "g", TransactionalID: "x", CommitInterval: 5 * time.Millisecond, MaxRecords: 200, EndTimeout: time.Second,
		Lead: "in", Log: slog.New(slog.DiscardHandler), MaxMessage: func(string) int32 { return 1_000_000 },
	}
}

// A record that cannot be published must not be left out of the commit.
func TestNothingIsCommittedBesideARefusedRecord(t *testing.T) {
	cluster, client := testBroker(t, map[string]int32{"in": 1, "out": 1})
	fault := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.InvalidRecord, Count: 1})
	(&faultStage{}).run(t, client)
	if fault.Hits() != 1 {
		t.Error("no record was refused")
	}
}

// A record of ours that its topic does not take would replace sessions for
// ever: it ends the run, and says what to raise. S20.
func TestRecordThatNoTopicTakesEndsTheRun(t *testing.T) {
	_, client := testBroker(t, map[string]int32{"in": 1, "out": 1})
	produce(t, client, "in", 1, 10)
	s := &faultStage{}
	s.tooLarge.Store(true)
	err := Run(t.Context(), s.config(client), s)
	if !errors.Is(err, ErrFatal) || !strings.Contains(err.Error(), "a record of 1100102 bytes is more than topic out takes: raise its max.message.bytes") {
		t.Errorf("the run ended with %v", err)
	}
	if n := len(consume(t, client, "out")); n != 0 {
		t.Errorf("%d records stand beside the one that was refused", n)
	}
}

// A member that is thrown out while it processes joins again only after the
// poll is released, and End waits for its heartbeat: End has to give up.
func TestAMemberThrownOutWhileItProcessesComesBack(t *testing.T) {
	cluster, client := testBroker(t, map[string]int32{"in": 1, "out": 1})
	s := &faultStage{waitFor: make(chan struct{})}
	var struck atomic.Bool
	cluster.ControlKey(int16(kmsg.Heartbeat), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if !s.inProcess.Load() || struck.Swap(true) {
			return nil, nil, false
		}
		defer close(s.waitFor)
		resp := req.ResponseKind().(*kmsg.HeartbeatResponse)
		resp.ErrorCode = kerr.UnknownMemberID.Code
		return resp, nil, true
	})
	s.run(t, client)
	if !struck.Load() {
		t.Error("no heartbeat was refused")
	}
}
