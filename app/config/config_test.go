package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// same ignores where a configuration came from, and looks into secrets.
func same() cmp.Options {
	return cmp.Options{cmpopts.IgnoreUnexported(Config{}), cmp.AllowUnexported(Secret{}), cmpopts.EquateEmpty()}
}

func mustParse(t *testing.T, text string) *Config {
	t.Helper()
	cfg, err := Parse([]byte(text), "/etc/hindsight")
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return cfg
}

func TestDefaultsOfAnEmptyFile(t *testing.T) {
	want := Config{
		Kafka: Kafka{Delivery: ExactlyOnce, CommitInterval: 100 * time.Millisecond,
			SessionTimeout: 45 * time.Second, TransactionTimeout: 40 * time.Second, ShutdownTimeout: 25 * time.Second},
		Events: Events{Wire: Confluent, Clock: EventTimeClock, MaxSkew: 10 * time.Minute, MaxBytes: 1 << 20},
		Labels: Labels{Wire: Confluent, Clock: RecordClock, Grace: 24 * time.Hour, Conflict: Latest, IdleAfter: 30 * time.Second},
		Scores: Scores{Partitioner: Murmur2, Wire: Confluent, Threshold: 0.5, Clock: EventTimeClock, MaxSkew: 10 * time.Minute},
		Output: Output{Wire: SingleObject, Subjects: "topic"},
		Topics: Topics{Scores: "scores", Outcomes: "outcomes", LabelsRerouted: "labels-rerouted", Slices: "slices",
			WatchState: "watch-state", Windows: "windows", Alarms: "alarms", Models: "models", ModelsHistory: "models-history", DeadLetters: "dead-letters"},
		Model:  Model{Bundles: "/etc/hindsight/bundles", Cache: "/etc/hindsight/bundle-cache"},
		State:  State{Dir: "/etc/hindsight/state"},
		Memory: Memory{Limit: 1 << 30},
		Watch: Watch{Slice: time.Minute, Tick: time.Minute, Mature: 0.95, Metrics: []string{"accuracy"},
			Windows: []Window{{Name: "day", Size: 24 * time.Hour, Slide: 24 * time.Hour, Clock: EventClock}}},
		HTTP: HTTP{Listen: "127.0.0.1:8080"},
	}
	for _, text := range []string{"", "# nothing\n", "{}", "watch:\nlabels: {}\n", "null"} {
		if diff := cmp.Diff(&want, mustParse(t, text), same()); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", text, diff)
		}
	}
}

const full = `
kafka:
  brokers: [b1:9092, b2:9093]
  group: elec
  delivery: at-least-once
  commit_interval: 250ms
  tls: {ca: ca.pem, cert: /abs/cert.pem, key: key.pem}
  sasl: {mechanism: SCRAM-SHA-256, user: me, password: hunter2}
registry: {url: https://registry.example, user: r, password: also}
events:
  topic: ev
  wire: bare
  schema: event.avsc
  id: meta.id
  time: at
  segments: [region, customer.tier]
  clock: record
  max_skew: 0s
  max_bytes: 2MiB
  oldest: 2026-01-01T00:00:00+01:00
labels:
  topic: lb
  wire: single-object
  schema: label.avsc
  id: id
  value: fraud
  time: known
  clock: label_time
  map: {chargeback: 1, "settled, late": 0}
  horizon: 14d
  grace: 0s
  missing: {assumed: 0}
  conflict: majority
  early: 30d12h
  idle_after: 1m
scores: {partitioner: crc32}
output: {wire: single-object, subjects: record}
topics: {dead_letters: dlq}
model: {bundles: /models, champion: elec@1, challengers: [], require: [golden]}
state: {dir: ../state}
watch:
  slice: 5m
  tick: 10s
  windows:
    - {name: hour, size: 1h, slide: 5m, clock: label}
  metrics: [auc]
  alarms:
    - {name: low, metric: accuracy, window: hour, below: 0.80, clear: 0.82, segments: [region], hold: 0s, severity: ticket}
    - {name: lossy, metric: log_loss, window: hour, above: 0.7}
  detectors: []
notify: []
http: {listen: ":0"}
`

func TestFullFile(t *testing.T) {
	cfg := mustParse(t, full)
	below, clearAt, above := 0.8, 0.82, 0.7
	checks := []struct{ got, want any }{
		{cfg.Kafka.Brokers, []string{"b1:9092", "b2:9093"}},
		{*cfg.Kafka.TLS, TLS{CA: "/etc/hindsight/ca.pem", Cert: "/abs/cert.pem", Key: "/etc/hindsight/key.pem"}},
		{cfg.Kafka.SASL.Password, NewSecret("hunter2")},
		{cfg.Events.MaxSkew, time.Duration(0)},
		{cfg.Events.MaxBytes, Size(2 << 20)},
		{cfg.Events.Oldest, time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC)},
		{cfg.Labels.Map, map[string]string{"chargeback": "1", "settled, late": "0"}},
		{cfg.Labels.Missing, Missing{Assumed: true, Class: "0"}},
		{cfg.Labels.Grace, time.Duration(0)},
		{cfg.Labels.Early, 30*24*time.Hour + 12*time.Hour},
		{cfg.Output.Wire, SingleObject},
		{cfg.Topics.DeadLetters, "dlq"},
		{cfg.State.Dir, "/etc/state"},
		{cfg.Watch.Tick, 10 * time.Second},
		{cfg.Watch.Metrics, []string{"auc", "accuracy", "log_loss"}},
		{cfg.Watch.Alarms, []Alarm{
			{Name: "low", Metric: "accuracy", Window: "hour", Segments: []string{"region"}, Below: &below, Clear: &clearAt,
				MinScores: 200, MinLabels: 200, MinCoverage: 0.5, Confidence: 0.95, Severity: "ticket"},
			{Name: "lossy", Metric: "log_loss", Window: "hour", Above: &above, Clear: &above,
				MinScores: 200, MinLabels: 200, MinCoverage: 0.5, Confidence: 0.95, Hold: 10 * time.Minute, Severity: "page"},
		}},
		{cfg.HTTP.Listen, ":0"},
		{cfg.Kafka.StageGroup(StageJoin), "elec-join"},
	}
	for i, c := range checks {
		if diff := cmp.Diff(c.want, c.got, same()); diff != "" {
			t.Errorf("check %d: (-want +got)\n%s", i, diff)
		}
	}
	if bound, below := cfg.Watch.Alarms[1].Bound(); bound != 0.7 || below {
		t.Errorf("Bound = %v, %v, want 0.7, false", bound, below)
	}
}

func TestWireFollowsRegistry(t *testing.T) {
	if got := mustParse(t, "registry: {url: http://r:8081}").Output.Wire; got != Confluent {
		t.Errorf("output.wire = %s with a registry, want %s", got, Confluent)
	}
}

func TestOneWordLists(t *testing.T) {
	t.Setenv("BROKERS", "a:1, b:2,c:3")
	for _, text := range []string{"kafka: {brokers: ${BROKERS}}", "kafka: {brokers: [\"${BROKERS}\"]}", "kafka: {brokers: \"a:1,b:2\\u002cc:3\"}"} {
		if diff := cmp.Diff([]string{"a:1", "b:2", "c:3"}, mustParse(t, text).Kafka.Brokers); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", text, diff)
		}
	}
}

func TestColonsInsideWords(t *testing.T) {
	for _, text := range []string{"kafka: {brokers: [a:1, b:22]}", "kafka: {brokers: [ a:1 , 'b:22' ]}", "kafka:\n  brokers: [a:1,b:22]", "kafka: {brokers: [a:1,\n b:22]}"} {
		if diff := cmp.Diff([]string{"a:1", "b:22"}, mustParse(t, text).Kafka.Brokers); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", text, diff)
		}
	}
	for _, text := range []string{"kafka: {brokers: ['[::1]:9092']}", "kafka: {brokers: [{a: 1}]}", "kafka: {brokers: [a: 1]}"} {
		_, err := Parse([]byte(text), "/")
		if valid := strings.Contains(text, "::"); valid != (err == nil) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("GROUP", "x: {y}\n#z")
	t.Setenv("HORIZON", "3d")
	t.Setenv("EMPTY", "")
	cfg := mustParse(t, "# ${COMMENTED}\nkafka: {group: \"a-${GROUP}-$${GROUP}\"}\nlabels: {horizon: ${HORIZON}, value: v${EMPTY}}\nwatch: {alarms: []}\n")
	if want := "a-x: {y}\n#z-${GROUP}"; cfg.Kafka.Group != want {
		t.Errorf("group = %q, want %q", cfg.Kafka.Group, want)
	}
	if cfg.Labels.Horizon != 72*time.Hour || cfg.Labels.Value != "v" {
		t.Errorf("horizon = %v, value = %q", cfg.Labels.Horizon, cfg.Labels.Value)
	}
}

func TestAnchors(t *testing.T) {
	cfg := mustParse(t, "events: {id: &id meta.id}\nlabels: {id: *id}\n")
	if cfg.Labels.ID != "meta.id" {
		t.Errorf("labels.id = %q, want meta.id", cfg.Labels.ID)
	}
}

func TestFor(t *testing.T) {
	empty := mustParse(t, "")
	missing := func(stages ...Stage) string {
		var keys []string
		var faults Faults
		if err := empty.For(stages); errors.As(err, &faults) {
			for _, f := range faults {
				keys = append(keys, f.Key)
			}
		}
		return strings.Join(keys, " ")
	}
	for _, c := range []struct {
		stages []Stage
		want   string
	}{
		{[]Stage{StageScore}, "events.id events.topic kafka.brokers kafka.group model.champion"},
		{[]Stage{StageJoin}, "kafka.brokers kafka.group labels.horizon labels.id labels.topic labels.value"},
		{[]Stage{StageWatch}, "kafka.brokers kafka.group"},
		{AllStages(), "events.id events.topic kafka.brokers kafka.group labels.horizon labels.id labels.topic labels.value model.champion"},
	} {
		if got := missing(c.stages...); got != c.want {
			t.Errorf("For(%v) misses %s, want %s", c.stages, got, c.want)
		}
	}
	if err := mustParse(t, full).For(AllStages()); err != nil {
		t.Errorf("For a full file: %v", err)
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "h.yaml")
	if _, err := Load(file); !errors.Is(err, ErrNoFile) {
		t.Errorf("Load of nothing = %v, want ErrNoFile", err)
	}
	if err := os.WriteFile(file, []byte("state: {dir: s}\nkafka: {grup: x}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := LoadFor(file, []Stage{StageWatch})
	want := file + ":2: kafka.brokers: is required: the addresses of the brokers, such as [127.0.0.1:9092]\n" +
		file + ":2: kafka.group: is required: the prefix of the stages' consumer groups\n" +
		file + ":2: kafka.grup: unknown key; known here are brokers, group, delivery, commit_interval, instance, session_timeout, transaction_timeout, shutdown_timeout, tls and sasl; did you mean group?"
	if err == nil || err.Error() != want {
		t.Errorf("LoadFor:\n%v\nwant\n%s", err, want)
	}
	if err := os.WriteFile(file, []byte("state: {dir: s}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "s"); cfg.State.Dir != want || cfg.File() != file {
		t.Errorf("state.dir = %s of %s, want %s of %s", cfg.State.Dir, cfg.File(), want, file)
	}
}

func TestParseStages(t *testing.T) {
	got, err := ParseStages("watch, score,watch")
	if diff := cmp.Diff([]Stage{StageScore, StageWatch}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	for _, bad := range []string{"", "scores", "score,,join"} {
		if got, err := ParseStages(bad); err == nil {
			t.Errorf("ParseStages(%q) = %v, want an error", bad, got)
		}
	}
}
