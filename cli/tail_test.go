package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/consumer"
	"hindsight/schemas"
)

// newTail starts a broker with our topics of one partition, writes values to
// one of them, the last in a transaction that is aborted, and returns how to
// tail it.
func newTail(t *testing.T, topic string, records ...*kgo.Record) func(code int, args ...string) (stdout, stderr string) {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "scores", "outcomes", "windows", "alarms", "dead-letters"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.TransactionalID("t"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	write := func(end kgo.TransactionEndTry, records ...*kgo.Record) {
		t.Helper()
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for i, r := range records {
			r.Topic = topic
			if r.Timestamp.IsZero() {
				r.Timestamp = time.Date(2026, 11, 23, 12, i, 0, 0, time.UTC)
			}
		}
		if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := client.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	write(kgo.TryCommit, records...)
	write(kgo.TryAbort, &kgo.Record{Value: []byte("aborted")})
	l := &loans{t: t, brokers: c.ListenAddrs(), file: filepath.Join(t.TempDir(), "h.yaml")}
	if err := os.WriteFile(l.file, fmt.Appendf(nil, "kafka: {brokers: [%q]}\n", l.brokers[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(code int, args ...string) (string, string) {
		t.Helper()
		return l.main(code, append([]string{"tail", "-c", l.file, topic, "--until-end"}, args...)...)
	}
}

func single(kind schemas.RecordKind, append func([]byte) []byte) []byte {
	return append(schemas.SingleObjectFraming(kind))
}

func clockAt(hour, minute int) schemas.Instant {
	return schemas.InstantOf(time.Date(2025, 3, 1, hour, minute, 0, 0, time.UTC))
}

func scoreRecord(id string, value float64) *kgo.Record {
	s := schemas.Score{
		EventID: id, EventTime: clockAt(1, 0), Arrival: schemas.Beginning, SourcePartition: 3, SourceOffset: 7, ScoredAt: clockAt(2, 0),
		Model: "elec", Version: "1", Value: value, Prediction: "1", Positive: "1",
		Segments: []schemas.Segment{{Field: "region", Value: "no\x1b[31mrth"}}, Bins: []byte{1, 2},
		Challengers: []schemas.Answer{{Model: "elec", Version: "2", Value: 0.25, Prediction: "0"}},
	}
	return &kgo.Record{Value: single(schemas.ScoreRecord, s.AppendAvro)}
}

func TestTailScores(t *testing.T) {
	tail := newTail(t, "scores", scoreRecord("a", 0.123456), scoreRecord("a-much-longer-id", math.NaN()), scoreRecord("c", 1))
	out, errs := tail(0)
	want := "EVENT TIME            EVENT ID      VERSION     VALUE     PREDICTION  SEGMENTS\n" +
		"2025-03-01T01:00:00Z  a             elec@1      0.1235    1           region=no\uFFFD[31mrth\n" +
		"2025-03-01T01:00:00Z  a-much-longer-id  elec@1      NaN       1           region=no\uFFFD[31mrth\n" +
		"2025-03-01T01:00:00Z  c                 elec@1      1         1           region=no\uFFFD[31mrth\n"
	if diff := cmp.Diff(want, out); diff != "" || errs != "" {
		t.Errorf("stderr %q (-want +got)\n%s", errs, diff)
	}
	out, _ = tail(0, "-o", "json", "-n", "1")
	want = `{"partition":0,"offset":0,"timestamp":"2026-11-23T12:00:00Z","event_id":"a","event_time":"2025-03-01T01:00:00Z","arrival":null,` +
		`"source":{"partition":3,"offset":7},"scored_at":"2025-03-01T02:00:00Z","model":"elec","version":"1","value":0.123456,"probabilities":[],` +
		`"prediction":"1","positive":"1","segments":{"region":"no\u001b[31mrth"},"bins":"AQI=","challengers":[{"model":"elec","version":"2","value":0.25,"probabilities":[],"prediction":"0"}]}` + "\n"
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if out, _ = tail(0, "-o", "json", "--from", "2026-11-23T12:01:00Z"); strings.Count(out, "\n") != 2 || !strings.Contains(out, `"value":null`) {
		t.Errorf("from the second record on:\n%s", out)
	}
	if out, _ = tail(0, "-o", "json", "--from", "end"); out != "" {
		t.Errorf("from the end on:\n%s", out)
	}
}

// A record that cannot be read does not hide the others, and is told.
func TestTailUnreadable(t *testing.T) {
	tail := newTail(t, "scores", scoreRecord("a", 0), &kgo.Record{Value: []byte("nonsense")}, &kgo.Record{}, scoreRecord("b", 0))
	out, errs := tail(1, "-o", "json")
	if strings.Count(out, "\n") != 2 {
		t.Errorf("stdout:\n%s", out)
	}
	if !strings.Contains(errs, "scores partition 0 offset 1: wrong framing") || !strings.Contains(errs, "hindsight tail: 1 record could not be read\n") {
		t.Errorf("stderr:\n%s", errs)
	}
}

func TestTailOutcomes(t *testing.T) {
	matched := schemas.Outcome{
		EventID: "a", Kind: schemas.Matched, Fate: schemas.Used, Revision: 1, Tick: clockAt(3, 0), ScorePartition: 1, ScoreOffset: 2,
		SourcePartition: 3, SourceOffset: 4, LabelTopic: "labels", LabelPartition: 5, LabelOffset: 6, Model: "elec", Version: "1",
		Role: "champion", Value: 0.5, Prediction: "1", Positive: "1", Truth: "0", EventTime: clockAt(1, 0), LabelTime: clockAt(2, 0), Arrival: clockAt(2, 0),
	}
	orphan := schemas.Outcome{EventID: "b", Fate: schemas.Orphan, Tick: clockAt(4, 0), ScorePartition: -1, SourcePartition: -1,
		LabelTopic: "labels", LabelPartition: 5, LabelOffset: 7, Truth: "1", EventTime: schemas.Beginning, LabelTime: clockAt(2, 0), Arrival: clockAt(2, 0)}
	tail := newTail(t, "outcomes", &kgo.Record{Value: single(schemas.OutcomeRecord, matched.AppendAvro)}, &kgo.Record{Value: single(schemas.OutcomeRecord, orphan.AppendAvro)})
	out, _ := tail(0, "-o", "json")
	var lines []map[string]any
	for line := range strings.Lines(out) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, m)
	}
	pick := func(i int) []any {
		m := lines[i]
		return []any{m["event_id"], m["kind"], m["fate"], m["tick"], m["score"], m["label"], m["event_time"]}
	}
	want := []any{"a", "matched", "used", "2025-03-01T03:00:00Z", map[string]any{"partition": 1.0, "offset": 2.0},
		map[string]any{"topic": "labels", "partition": 5.0, "offset": 6.0}, "2025-03-01T01:00:00Z"}
	if diff := cmp.Diff(want, pick(0)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	want = []any{"b", "none", "orphan", "2025-03-01T04:00:00Z", nil, map[string]any{"topic": "labels", "partition": 5.0, "offset": 7.0}, nil}
	if diff := cmp.Diff(want, pick(1)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	out, _ = tail(0)
	if got := strings.Fields(strings.Split(out, "\n")[2]); strings.Join(got, " ") != "2025-03-01T04:00:00Z b - orphan 0 - - - 1 - -" {
		t.Errorf("row of an orphan: %q", got)
	}
}

func TestTailWindowsAndAlarms(t *testing.T) {
	window := schemas.Window{
		Model: "elec", Name: "hour", Clock: schemas.LabelClock, Start: clockAt(1, 0), End: clockAt(2, 0), Version: "1", State: schemas.Final, Revision: 3,
		At: clockAt(5, 0), FinalBy: clockAt(6, 0), Scored: 200, Labelled: 150, Coverage: 0.75,
		Metrics: []schemas.Metric{{Name: "accuracy", Value: 0.9, Low: 0.85, High: 0.94, N: 150}, {Name: "auc", Undefined: "one class"}},
	}
	tail := newTail(t, "windows", &kgo.Record{Value: single(schemas.WindowRecord, window.AppendAvro)})
	out, _ := tail(0)
	want := "2025-03-01T01:00:00Z 2025-03-01T02:00:00Z elec@1 - final 3 200 75.0% - 2025-03-01T06:00:00Z accuracy 0.9 [0.85, 0.94] n=150 auc: one class"
	if got := strings.Join(strings.Fields(strings.Split(out, "\n")[1]), " "); got != "hour "+want {
		t.Errorf("got %q, want %q", got, want)
	}
	out, _ = tail(0, "-o", "json")
	for _, want := range []string{`"clock":"label"`, `"state":"final"`, `"n":150`, `"maturity":null`, `"accuracy":{"value":0.9,"low":0.85,"high":0.94,"n":150,"undefined":""}`, `"auc":{"value":null,`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	alarm := schemas.Alarm{ID: "x", Name: "low", State: schemas.Firing, Previous: schemas.Pending, At: clockAt(5, 0), Since: clockAt(4, 0), Severity: "page",
		Model: "elec", Version: "1", Segment: "region=north", Window: "hour", Start: clockAt(1, 0), End: clockAt(2, 0), Metric: "accuracy", Value: 0.7, Low: 0.6, High: 0.79, N: 150, Coverage: 0.75, Bound: 0.8, Text: "accuracy is low"}
	tail = newTail(t, "alarms", &kgo.Record{Value: single(schemas.AlarmRecord, alarm.AppendAvro)})
	out, _ = tail(0)
	want = "2025-03-01T05:00:00Z low firing page elec@1 region=north 0.7 [0.6, 0.79] 0.8 150 accuracy is low"
	if got := strings.Join(strings.Fields(strings.Split(out, "\n")[1]), " "); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if out, _ = tail(0, "-o", "json"); !strings.Contains(out, `"state":"firing","previous":"pending","at":"2025-03-01T05:00:00Z"`) {
		t.Errorf("alarm:\n%s", out)
	}
}

func TestTailDeadLetters(t *testing.T) {
	origin := &kgo.Record{Topic: "events", Partition: 2, Offset: 9, Key: []byte{0xFF}, Value: []byte("{}"), Headers: []kgo.RecordHeader{{Key: "trace", Value: []byte("1")}}}
	letter := consumer.DeadLetter("dead-letters", 1, origin, consumer.Fault{Stage: "score", Class: "wire", Message: "not Avro\n", Version: "elec@1"})
	tail := newTail(t, "dead-letters", letter, &kgo.Record{Value: []byte("x")})
	out, errs := tail(1)
	if got := strings.Join(strings.Fields(strings.Split(out, "\n")[1]), " "); got != "events 2 9 score wire 2 not Avro\uFFFD" {
		t.Errorf("row of a dead letter: %q", got)
	}
	if !strings.Contains(errs, "offset 1: has no header hindsight.error.class") {
		t.Errorf("stderr:\n%s", errs)
	}
	out, _ = tail(1, "-o", "json")
	want := `"stage":"score","class":"wire","message":"not Avro\n","origin":{"topic":"events","partition":2,"offset":9},"version":"elec@1","truncated":0,"key":"","key_bytes":"/w==","value":"e30=","headers":{"trace":"1"}}` + "\n"
	if !strings.HasSuffix(out, want) {
		t.Errorf("got %s\nwant …%s", out, want)
	}
}
