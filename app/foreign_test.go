package app_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"log/slog"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app"
	"hindsight/app/config"
	"hindsight/app/demo"
	"hindsight/app/kafka"
	"hindsight/schemas"
)

// Somebody else's schema of scores, before and after it evolved: another order,
// a wider type, unions with null, a new field and a record in between.
const (
	theirSchema = `{"type": "record", "name": "Decision", "namespace": "com.example", "fields": [
		{"name": "ts", "type": {"type": "long", "logicalType": "timestamp-millis"}},
		{"name": "request", "type": {"type": "record", "name": "Request", "fields": [{"name": "id", "type": "string"}, {"name": "country", "type": "string"}]}},
		{"name": "p", "type": "float"}]}`
	theirSchema2 = `{"type": "record", "name": "Decision", "namespace": "com.example", "fields": [
		{"name": "release", "type": ["null", "string"], "default": null},
		{"name": "p", "type": ["null", "double"]},
		{"name": "request", "type": {"type": "record", "name": "Request", "fields": [{"name": "channel", "type": "int"}, {"name": "country", "type": ["string", "null"]}, {"name": "id", "type": "string"}]}},
		{"name": "ts", "type": {"type": "long", "logicalType": "timestamp-micros"}}]}`
	theirLabels = `{"type": "record", "name": "Chargeback", "fields": [
		{"name": "id", "type": "string"}, {"name": "fraud", "type": "boolean"}, {"name": "known", "type": {"type": "long", "logicalType": "timestamp-millis"}}, {"name": "times", "type": "int"}]}`

	foreignConfig = `
kafka: {group: foreign}
registry: {url: http://registry}
scores: {partitioner: crc32, id: request.id, value: p, version: release, time: ts, segments: [request.country], model: fraud, classes: ["0", "1"], threshold: 0.25, oldest: 2026-01-01T00:00:00Z}
labels: {topic: chargebacks, wire: bare, schema: label.avsc, id: id, value: fraud, time: known, weight: times, clock: label_time, horizon: 2d, grace: 6h}
topics: {scores: decisions}
output: {wire: single-object}
watch:
  slice: 1h
  windows: [{name: day, size: 1d}, {name: learnt, size: 1d, clock: label}]
  metrics: [accuracy, auc]
  alarms:
    - {name: low, metric: accuracy, window: day, below: 0.9, segments: [request.country], min_labels: 20}
    - {name: labels-stopped, feed: silent, for: 42h, hold: 1h}
    - {name: labels-few, feed: coverage, window: day, below: 0.5, min_scores: 50}
    - {name: ids-differ, feed: orphans, window: learnt, above: 0.0001, min_labels: 50, confidence: 0.6, hold: 0s}
    - {name: labels-slow, feed: slow, window: day, below: 0.7, min_labels: 20, hold: 0s}
`
)

// theirs is a topic of scores that another program writes, and its labels; the
// codes here are by hand, so that nothing of ours is on both sides.
type theirs struct {
	*stand
	client *kgo.Client
	text   string // of the configuration
	n      int

	want map[string]int64    // report: outcomes and labels by bucket
	dead map[string]int      // dead letters of scores by class
	good map[string][3]int64 // labels, their weight, and that of those that agree
}

func avroText(b []byte, s string) []byte {
	return append(binary.AppendVarint(b, int64(len(s))), s...)
}

func newTheirs(t *testing.T, n int) *theirs {
	t.Helper()
	f := &theirs{stand: &stand{t: t, published: make(chan struct{})}, text: foreignConfig, n: n}
	close(f.published)
	f.inputsEnd = f.published
	var err error
	if f.broker, err = demo.StartBroker(demo.BrokerOptions{Kafka: "127.0.0.1:0"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.broker.Close() })
	f.registry = f.broker.RegistryHTTP()
	for topic, partitions := range map[string]int32{"decisions": 3, "chargebacks": 2} {
		if err := f.broker.CreateTopic(topic, partitions); err != nil {
			t.Fatal(err)
		}
	}
	f.client, err = kafka.Connect(t.Context(), f.theirConfig(t.TempDir()).Kafka, nil, append(f.broker.ClientOptions(), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.KeepControlRecords())...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.client.Close)
	if _, err := kafka.Create(t.Context(), kadm.NewClient(f.client), f.theirConfig(t.TempDir()), kafka.Creation{Embedded: true}); err != nil {
		t.Fatal(err)
	}
	f.publish()
	return f
}

func (f *theirs) theirConfig(dir string) *config.Config {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "label.avsc"), []byte(theirLabels), 0o600); err != nil {
		f.t.Fatal(err)
	}
	cfg, err := config.Parse([]byte(f.text), dir)
	if err != nil {
		f.t.Fatal(err)
	}
	cfg.Kafka.Brokers, cfg.Registry.URL = f.broker.Addrs(), f.broker.RegistryURL()
	cfg.Kafka.CommitInterval = 5 * time.Millisecond
	cfg.HTTP.Listen, cfg.State.Dir = "127.0.0.1:0", dir
	return cfg
}

// crc is librdkafka's default partitioner, consistent_random, of a key.
func crc(id string, partitions int32) int32 {
	return int32(crc32.ChecksumIEEE([]byte(id)) % uint32(partitions))
}

// publish writes both topics, and what must come of them.
func (f *theirs) publish() {
	ids := [2]uint32{f.register("decisions-value", theirSchema), 0}
	ids[1] = f.register("decisions-value-2", theirSchema2)
	rng := rand.New(rand.NewPCG(11, 13))
	f.want, f.dead, f.good = map[string]int64{}, map[string]int{}, map[string][3]int64{}
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var records []*kgo.Record
	put := func(partition int32, value []byte, at time.Time) {
		records = append(records, &kgo.Record{Topic: "decisions", Partition: partition, Key: []byte("not the id"), Value: value, Timestamp: at})
	}
	label := func(id string, fraud bool, weight int64, at time.Time) {
		b := append(avroText(nil, id), 0)
		if fraud {
			b[len(b)-1] = 1
		}
		b = binary.AppendVarint(binary.AppendVarint(b, at.UnixMilli()), weight)
		records = append(records, &kgo.Record{Topic: "chargebacks", Partition: int32(rng.IntN(2)), Value: b, Timestamp: at})
	}
	bad := func(class string, partition int32, value []byte, at time.Time) {
		f.dead[class]++
		put(partition, value, at)
	}
	for i := range f.n {
		at := start.Add(time.Duration(i) * 5 * time.Minute)
		if i%7 == 3 {
			at = at.Add(-100 * time.Minute) // it comes late
		}
		id, country, p := fmt.Sprintf("tx-%05d", i), []string{"DE", "FR"}[i%2], float64(rng.IntN(256))/256
		old := i < f.n/2
		version := config.Unversioned
		if !old && i%3 > 0 {
			version = fmt.Sprintf("r%d", i%3)
		}
		make := func(id string, p float64, at time.Time) []byte {
			if old {
				b := binary.BigEndian.AppendUint32([]byte{0}, ids[0])
				b = avroText(avroText(binary.AppendVarint(b, at.UnixMilli()), id), country)
				return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(p)))
			}
			b := binary.BigEndian.AppendUint32([]byte{0}, ids[1])
			if b = append(b, 2); version == config.Unversioned {
				b[len(b)-1] = 0
			} else {
				b = avroText(b, version)
			}
			b = binary.LittleEndian.AppendUint64(append(b, 2), math.Float64bits(p))
			b = avroText(append(binary.AppendVarint(b, 7), 0), country)
			return binary.AppendVarint(avroText(b, id), at.UnixMicro())
		}
		place := crc(id, 3)
		put(place, make(id, p, at), at)
		fraud := rng.Float64() < p
		truth, key := "0", at.Format(time.DateOnly)+" "+version
		if fraud {
			truth = "1"
		}
		predicted := map[bool]string{true: "1", false: "0"}[p >= 0.25]
		sum := f.good[key]
		switch k := i % 50; {
		case k == 0, i >= f.n/4 && i < f.n*3/4: // its label never comes, and for a time no label does
			f.want["unlabelled"]++
		default:
			weight := 1 + int64(i%4)
			label(id, fraud, weight, at.Add(time.Duration(1+rng.IntN(40))*time.Hour))
			f.want["matched"]++
			f.want["used"]++
			sum[0]++
			if sum[1] += weight; predicted == truth {
				sum[2] += weight
			}
		}
		if sum[0] > 0 {
			f.good[key] = sum
		}
		switch i % 100 {
		case 10:
			bad("misplaced", (place+1)%3, make("lost-"+id, p, at), at)
			for crc("lost-"+id, 3) == (place+1)%3 { // it would lie right
				id += "x"
				records[len(records)-1].Value = make("lost-"+id, p, at)
			}
		case 20:
			bad("wire", place, []byte("{\"p\": 0.5}"), at)
			bad("wire", place, nil, at)
		case 30:
			bad("datum", place, make(id, p, at)[:12], at)
		case 40:
			bad("bad_value", place, make(id, 1.5, at), at)
		case 50:
			bad("no_id", place, make("", p, at), at)
		case 60:
			bad("future_timestamp", place, make(id, p, time.Now().AddDate(100, 0, 0)), at)
		case 70:
			bad("too_old", place, make(id, p, start.AddDate(-1, 0, 0)), at)
		case 80:
			if !old {
				b := make(id, p, at)
				cut := len(b) - len(binary.AppendVarint(nil, at.UnixMicro())) - len(avroText(nil, id)) - len(avroText(nil, country)) - 2 - 9
				b = append(append(b[:cut:cut], 0), b[cut+9:]...) // p: null
				bad("no_value", place, b, at)
			}
		case 90: // the program repeats itself
			put(place, make(id, p, at), at)
			f.want["duplicate"]++
		}
		if i%200 == 5 { // which does not count as a sign of life
			label(fmt.Sprint("ghost-", i), true, 1, at)
			f.want["orphan or waiting"]++
		}
	}
	if err := f.client.ProduceSync(f.t.Context(), records...).FirstErr(); err != nil {
		f.t.Fatal(err)
	}
}

func (f *theirs) options(dir string, hooks ...kgo.Hook) app.Options {
	f.run++
	return app.Options{
		Config: f.theirConfig(dir), Stages: []config.Stage{config.StageJoin, config.StageWatch}, Log: slog.New(f), InputsEnd: f.inputsEnd,
		Client: append(f.broker.ClientOptions(), kgo.WithHooks(hooks...)), Group: f.broker.GroupOptions(), RegistryHTTP: f.registry,
		Instance: fmt.Sprintf("run-%d", f.run), MaxRecords: 50,
	}
}

// once runs until so many scores were taken, 0 being until the inputs end, and
// returns the report.
func (f *theirs) once(dir string, scores int64) *app.Report {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.t.Context())
	defer cancel()
	stop := newCancelAfter(math.MaxInt64, cancel)
	stop.topic = "decisions"
	a, err := app.New(f.t.Context(), f.options(dir, stop))
	if err != nil {
		f.t.Fatal(err)
	}
	defer a.Close()
	if scores > 0 {
		stop.left.Store(scores) // not those that were sampled
	}
	if err := a.Run(ctx); err != nil {
		f.t.Fatal(err)
	}
	r, err := a.Report(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	r.Timing = app.Timing{}
	return r
}

func (f *theirs) audit() {
	f.t.Helper()
	cfg := f.theirConfig(f.t.TempDir())
	opts, err := kafka.Options(cfg.Kafka, nil, f.broker.ClientOptions()...)
	if err != nil {
		f.t.Fatal(err)
	}
	r, err := app.Audit(f.t.Context(), opts, kadm.NewClient(f.client), cfg, app.AuditOptions{Limit: 3, RegistryHTTP: f.registry})
	if err != nil {
		f.t.Fatal(err)
	}
	wantSound(f.t, "at rest", r)
	for _, what := range []string{"events", "dead letters", "labels forwarded", "outcomes", "fates", "windows"} {
		if checked(r, what) == 0 {
			f.t.Errorf("the audit saw no %s", what)
		}
	}
}

// check holds a report to what must come of the topics.
func (f *theirs) check(r *app.Report) {
	f.t.Helper()
	dead := 0
	for _, n := range f.dead {
		dead += n
	}
	scores := int64(f.n) + f.want["duplicate"]
	if r.Events != scores+int64(dead) || r.Scores != scores || r.DeadLetters != int64(dead) {
		f.t.Errorf("%d records, %d scores, %d dead letters; want %d, %d, %d", r.Events, r.Scores, r.DeadLetters, scores+int64(dead), scores, dead)
	}
	got := map[string]int64{
		"unlabelled": r.Outcomes["unlabelled"], "matched": r.Outcomes["matched"], "duplicate": r.Outcomes["duplicate"],
		"used": r.Labels["used"], "orphan or waiting": r.Labels["orphan"] + r.Labels["waiting"],
	}
	got["unlabelled"] += r.Outcomes["pending"] // of the last two days
	if diff := cmp.Diff(f.want, got); diff != "" {
		f.t.Errorf("(-want +got)\n%s", diff)
	}
	found := map[string][3]int64{}
	for _, w := range r.Windows {
		if w.Window == "day" && w.Segment == "" && w.N > 0 {
			key := w.Start.Format(time.DateOnly) + " " + w.Version
			weight := f.good[key][1]
			found[key] = [3]int64{w.N, weight, int64(math.Round(w.Metrics["accuracy"].Value * float64(weight)))}
		}
	}
	if diff := cmp.Diff(f.good, found); diff != "" {
		f.t.Errorf("labelled and right by day and version (-want +got)\n%s", diff)
	}
}

// TestScoresOfAnotherProgram watches a model that hindsight does not serve.
func TestScoresOfAnotherProgram(t *testing.T) {
	f := newTheirs(t, 3000)
	r := f.once(t.TempDir(), 0)
	f.check(r)
	f.audit()
	classes := map[string]int{}
	for _, d := range f.records(f.client, "dead-letters") {
		for _, h := range d.Headers {
			if h.Key == "hindsight.error.class" {
				classes[string(h.Value)]++
			}
		}
		if string(d.Key) != "not the id" {
			t.Errorf("a dead letter has the key %q", d.Key)
		}
	}
	if diff := cmp.Diff(f.dead, classes); diff != "" {
		t.Errorf("dead letters by class (-want +got)\n%s", diff)
	}
	for _, o := range f.records(f.client, "outcomes")[:1] {
		payload, err := schemas.OwnPayload(o.Value, schemas.OutcomeRecord)
		if err != nil {
			t.Fatal(err)
		}
		var x schemas.Outcome
		if err := x.DecodeAvro(payload); err != nil {
			t.Fatal(err)
		}
		if x.Model != "fraud" || x.SourcePartition != -1 || x.SourceOffset != x.ScoreOffset {
			t.Errorf("outcome %+v", x)
		}
	}
	alarms := map[string]bool{}
	for _, a := range r.Alarms {
		if a.Name == "low" {
			alarms[a.Segment] = true
		}
		alarms[fmt.Sprint(a.Name, " ", a.State)] = true
	}
	for _, want := range []string{"labels-stopped ok", "labels-stopped pending", "labels-stopped firing", "labels-stopped resolved", "labels-few firing", "ids-differ firing", "labels-slow firing"} {
		if !alarms[want] {
			t.Errorf("no alarm %s: %v", want, alarms)
		}
	}
	if !alarms[""] || !alarms["request.country=DE"] || !alarms["request.country=FR"] {
		t.Errorf("no alarm of the whole and of both countries: %v", alarms)
	}
}

// Stops and lost disks change nothing: clocks, arrivals and dead letters are as
// they were when the scores were read first.
func TestScoresOfAnotherProgramAfterStops(t *testing.T) {
	want, err := json.MarshalIndent(newTheirs(t, 2000).once(t.TempDir(), 0), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	f, dir, rng := newTheirs(t, 2000), t.TempDir(), rand.New(rand.NewPCG(1, 2))
	midway := 0
	for i := range 6 {
		r := f.once(dir, int64(100+rng.IntN(200)))
		if r.Outcomes["pending"] > 0 && r.Scores < int64(f.n) {
			midway++
		}
		if i%2 == 1 {
			if err := os.RemoveAll(filepath.Join(dir, "join")); err != nil {
				t.Fatal(err)
			}
		}
	}
	r := f.once(dir, 0)
	f.check(r)
	f.audit()
	got, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if midway == 0 || f.rebuilt.Load() == 0 {
		t.Errorf("%d stops amid the scores, %d rebuilds: the test did not meet what it is about", midway, f.rebuilt.Load())
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-undisturbed +got)\n%s", diff)
	}
}

// A state comes back from the scores after a pause alone: retention has deleted
// those before it.
func TestScoresOfAnotherProgramAfterAPause(t *testing.T) {
	f, dir := newTheirs(t, 200), t.TempDir()
	f.once(dir, 0)
	admin := kadm.NewClient(f.client)
	ends, err := admin.ListEndOffsets(t.Context(), "decisions")
	if err != nil {
		t.Fatal(err)
	}
	schema, start := f.register("decisions-value", theirSchema), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	publish := func(i int, labelled bool) {
		id, at := fmt.Sprintf("later-%d", i), start.Add(time.Duration(i)*time.Minute)
		b := binary.AppendVarint(binary.BigEndian.AppendUint32([]byte{0}, schema), at.UnixMilli())
		b = binary.LittleEndian.AppendUint32(avroText(avroText(b, id), "DE"), math.Float32bits(0.5))
		records := []*kgo.Record{{Topic: "decisions", Partition: crc(id, 3), Value: b, Timestamp: at}}
		if labelled {
			label := binary.AppendVarint(binary.AppendVarint(append(avroText(nil, id), 1), at.UnixMilli()), 1)
			records = append(records, &kgo.Record{Topic: "chargebacks", Partition: int32(i % 2), Value: label, Timestamp: at})
		}
		if err := f.client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 90 {
		publish(i, i < 60)
	}
	want := f.once(dir, 0).Outcomes
	if _, err := admin.DeleteRecords(t.Context(), ends.Offsets()); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "join")); err != nil {
		t.Fatal(err)
	}
	publish(90, false) // or there would be nothing to run for
	want["pending"]++
	if diff := cmp.Diff(want, f.once(dir, 0).Outcomes); diff != "" {
		t.Errorf("(-want +rebuilt)\n%s", diff)
	}
	if want["pending"] != 31 || f.rebuilt.Load() == 0 {
		t.Errorf("%d rebuilds, outcomes %v: the test did not meet what it is about", f.rebuilt.Load(), want)
	}
}

// Scores that lie elsewhere than their labels look for them are refused before
// anything is read.
func TestMisplacedScoresAreRefused(t *testing.T) {
	f := newTheirs(t, 200)
	f.text = strings.Replace(f.text, "partitioner: crc32", "partitioner: murmur2", 1)
	_, err := app.New(t.Context(), f.options(t.TempDir()))
	if err == nil || !strings.Contains(err.Error(), "set scores.partitioner: crc32") {
		t.Errorf("%v: the cure is not named", err)
	}
	f.text = strings.Replace(f.text, "id: request.id", "id: request.country", 1)
	_, err = app.New(t.Context(), f.options(t.TempDir()))
	if err == nil || !strings.Contains(err.Error(), "not placed by the event id in request.country") {
		t.Errorf("%v: the cure is not named", err)
	}
}

// Nothing is made in the place of somebody else's topic.
func TestAnotherProgramsTopicIsNotMade(t *testing.T) {
	f := newTheirs(t, 10)
	f.text = strings.Replace(f.text, "scores: decisions", "scores: elsewhere", 1)
	_, err := kafka.Create(t.Context(), kadm.NewClient(f.client), f.theirConfig(t.TempDir()), kafka.Creation{})
	if err == nil || !strings.Contains(err.Error(), "topic elsewhere is not there") {
		t.Errorf("%v", err)
	}
}
