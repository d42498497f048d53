package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/telemetry"
	"hindsight/consumer"
	"hindsight/labels"
	"hindsight/schemas"
)

// An event that SCORE panics on is tried three times and becomes a dead letter
// of class crash; everything else of the transaction is as it would have been.
func TestAnEventThatPanicsIsSetAside(t *testing.T) {
	const n = 1000
	stage, records := newTestScore(t, n)
	run := func() *source {
		src := &source{committed: newSourceCommit(), staged: newSourceCommit(), worker: newScoreWorker(stage)}
		src.worker.run(t.Context(), schemas.InstantOf(time.Now()), src, records)
		return src
	}
	want, panics := run(), 0
	stage.place = func(id []byte, partitions int32) int32 {
		if string(id) == "8" {
			panics++
			var none []int
			return int32(none[panics])
		}
		return consumer.Murmur2(id, partitions)
	}
	got := run()
	w := got.worker
	if w.fault != nil || panics != mostCrashes || len(w.dead) != 1 || len(w.scores) != n-1 || w.classes["crash"] != 1 {
		t.Fatalf("%v; %d panics, %d dead letters %v, %d scores", w.fault, panics, len(w.dead), w.classes, len(w.scores))
	}
	if message := header(w.dead[0], "hindsight.error.message"); !strings.Contains(message, "index out of range") || !strings.Contains(message, "TestAnEventThatPanicsIsSetAside") {
		t.Errorf("the dead letter says %q", message)
	}
	if got.staged.Read != n || got.staged.DeadLetters != 1 || got.staged.Scored != n-1 || got.staged.Clock != want.staged.Clock || got.offset != want.offset {
		t.Errorf("the commit says %+v at %d; without the panic %+v at %d", got.staged, got.offset, want.staged, want.offset)
	}
	for i, j := 0, 0; i < n; i++ {
		if string(want.worker.scores[i].Key) == "8" {
			continue
		}
		if a, b := &want.worker.scores[i], &w.scores[j]; string(a.Key) != string(b.Key) || len(a.Value) != len(b.Value) {
			t.Fatalf("score %d is of %s, %d bytes; want %s, %d", j, b.Key, len(b.Value), a.Key, len(a.Value))
		}
		j++
	}
}

// Where every event panics, none is at fault.
func TestPanicsInARowEndTheRun(t *testing.T) {
	stage, records := newTestScore(t, crashRow+1)
	stage.place = func([]byte, int32) int32 { panic("always") }
	src := &source{committed: newSourceCommit(), staged: newSourceCommit(), worker: newScoreWorker(stage)}
	run := func(records []*kgo.Record) error {
		src.worker.run(t.Context(), schemas.InstantOf(time.Now()), src, records)
		return src.worker.fault
	}
	for range 3 { // one that comes again and again counts once
		if err := run(records[:crashRow]); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(records); !errors.Is(err, consumer.ErrFatal) || !strings.Contains(err.Error(), "101 records in a row") || !strings.Contains(err.Error(), "panic: always") {
		t.Errorf("it ended with %v", err)
	}
}

// What goes well in one topic does not end the row of another.
func TestARowIsOfOneTopic(t *testing.T) {
	c, crash := newCrashes(), &consumer.Fault{Class: crashClass}
	note := func(topic string, offset int64, fault *consumer.Fault) error {
		return c.note(&kgo.Record{Topic: topic, Offset: offset}, fault)
	}
	for i := range int64(crashRow) {
		if err := errors.Join(note("labels", i, crash), note("scores", i, nil)); err != nil {
			t.Fatal(err)
		}
	}
	if err := note("labels", crashRow, crash); !errors.Is(err, consumer.ErrFatal) {
		t.Errorf("all labels crash, and the run goes on: %v", err)
	}
	if err := errors.Join(note("labels", crashRow+1, nil), note("labels", crashRow+2, crash)); err != nil {
		t.Errorf("a label was well: %v", err)
	}
}

// Whoever reads a label that cannot be decoded without a panic gets a fault.
func TestALabelThatPanicsIsSetAside(t *testing.T) {
	panics := 0
	cfg := &config.Config{Labels: config.Labels{Topic: "labels", Wire: "confluent", ID: "id", Value: "truth"}}
	reader, err := newLabelReader(cfg, func(context.Context, uint32) (string, error) { panics++; panic("no such schema") })
	if err != nil {
		t.Fatal(err)
	}
	var l labels.Label
	fault, err := reader.readLabel(t.Context(), []byte{0, 0, 0, 0, 7, 2}, 0, &l)
	if err != nil || fault == nil || fault.Class != "crash" || panics != mostCrashes {
		t.Errorf("%d panics, fault %+v, error %v", panics, fault, err)
	}
}

// A panic in a recovery, which has a goroutine of its own, ends the session and not the process.
func TestARecoveryThatPanicsFails(t *testing.T) {
	r := newRecoveries[int]()
	p := &progress{metrics: telemetry.New(prometheus.NewRegistry())}
	r.start(t.Context(), 3, nil, p, func(context.Context) (int, error) { panic("at the worst time") })
	<-r.running[3].done
	if _, err := r.finished(func(int32, int) { t.Error("adopted") }); err == nil || !strings.Contains(err.Error(), "at the worst time") {
		t.Errorf("it ended with %v", err)
	}
}

func header(r *kgo.Record, key string) string {
	for _, h := range r.Headers {
		if h.Key == key {
			return string(h.Value)
		}
	}
	return ""
}
