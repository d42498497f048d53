package cli

import (
	"encoding/json"
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

	"hindsight/schemas"
)

// newLedger starts a broker on which one label has become an orphan, by the id given.
func newLedger(t *testing.T, id string, ledger string) *loans {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events", "labels", "scores", "outcomes", "labels-rerouted", "dead-letters"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	text := func(s string) []byte { return append([]byte{byte(2 * len(s))}, s...) }
	o := schemas.Outcome{EventID: id, Fate: schemas.Orphan, Tick: clockAt(4, 0), ScorePartition: -1, SourcePartition: -1, LabelTopic: "labels",
		Truth: "1", EventTime: schemas.Beginning, LabelTime: clockAt(2, 0), Arrival: clockAt(2, 0)}
	for topic, value := range map[string][]byte{"labels": append(text(id), text("1")...), "outcomes": single(schemas.OutcomeRecord, o.AppendAvro)} {
		r := &kgo.Record{Topic: topic, Key: []byte(id), Value: value, Timestamp: time.Date(2025, 3, 1, 2, 0, 0, 0, time.UTC)}
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	commits := kadm.Offsets{}
	commits.Add(kadm.Offset{Topic: "labels", At: 1, LeaderEpoch: -1, Metadata: `{"v":1,"clock":0,"read":1,"in_place":1}`})
	commits.Add(kadm.Offset{Topic: "scores", At: 0, LeaderEpoch: -1, Metadata: fmt.Sprintf(`{"v":1,"join":{"closed":%d,"ledger":%s}}`, clockAt(4, 0), ledger)})
	if err := kadm.NewClient(client).CommitAllOffsets(t.Context(), "g-join", commits); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	l := &loans{t: t, brokers: c.ListenAddrs(), file: filepath.Join(dir, "h.yaml")}
	for name, text := range map[string]string{
		"l.avsc": `{"type":"record","name":"L","fields":[{"name":"id","type":"string"},{"name":"truth","type":"string"}]}`,
		"h.yaml": fmt.Sprintf("kafka: {brokers: [%q], group: g}\nevents: {topic: events, wire: bare, schema: l.avsc, id: id}\n"+
			"labels: {topic: labels, wire: bare, schema: l.avsc, id: id, value: truth, horizon: 1h}\n", l.brokers[0]),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func TestLedger(t *testing.T) {
	l := newLedger(t, "loan-\x1b[31m7", `{"labels":1,"orphan":1}`)
	out, _ := l.main(0, "ledger", "-c", l.file)
	for _, want := range []string{"labels   read          1           -\n", "-        orphan        1           loan-\uFFFD[31m7\n", "-        in transit    0           -\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out, _ = l.main(0, "ledger", "-c", l.file, "-o", "json")
	var got struct {
		Labels  map[string]int64
		Samples struct {
			Labels map[string][]struct{ ID, Topic string }
		}
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil || got.Labels["orphan"] != 1 || got.Samples.Labels["orphan"][0].ID != "loan-\x1b[31m7" {
		t.Errorf("%v in %s", err, out)
	}
	if out, _ = l.main(0, "ledger", "-c", l.file, "--samples", "0", "-o", "json"); strings.Contains(out, "samples") {
		t.Errorf("samples that nobody asked for: %s", out)
	}
	l.main(1, "ledger", "-c", newLedger(t, "a", `{"labels":1,"orphan":2}`).file)
}

// A bucket whose ids lie far back does not cost the whole topic unasked.
func TestLedgerLooksNoFurtherThanAsked(t *testing.T) {
	l := newLedger(t, "loan-7", `{"labels":1,"orphan":1}`)
	client, err := kgo.NewClient(kgo.SeedBrokers(l.brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	nothing := schemas.Outcome{EventID: "x", Tick: clockAt(5, 0)}
	for range 300 {
		r := &kgo.Record{Topic: "outcomes", Value: single(schemas.OutcomeRecord, nothing.AppendAvro)}
		if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	const told = "256 records were looked at for the ids, the newest of each topic, and not all: --search N looks at more, 0 at all\n"
	out, _ := l.main(0, "ledger", "-c", l.file, "--search", "200")
	if strings.Contains(out, "loan-7") || !strings.HasSuffix(out, told) {
		t.Errorf("no %q in\n%s", told, out)
	}
	for _, all := range [][]string{{"--search", "0"}, {"--search", "300"}, {}} {
		out, _ = l.main(0, append([]string{"ledger", "-c", l.file}, all...)...)
		if !strings.Contains(out, "loan-7") || strings.Contains(out, "looked at") {
			t.Errorf("%v:\n%s", all, out)
		}
	}
	l.main(2, "ledger", "-c", l.file, "--search", "-1")
}

// Where is my label? The story of an id that never had a score.
func TestLedgerOfOneID(t *testing.T) {
	l := newLedger(t, "loan-7", `{"labels":1,"orphan":1}`)
	out, _ := l.main(0, "ledger", "-c", l.file, "--id", "loan-7")
	want := "2025-03-01T02:00:00Z        label       labels/0@0               a label says \"1\", known since 2025-03-01T02:00:00Z\n" +
		"2025-03-01T04:00:00Z        fate        outcomes/0@0             orphan: the label \"1\" of 2025-03-01T02:00:00Z at labels/0@0 found no score: " +
		"no event of this id was scored in time; is its id that of the event?\n" +
		"\nno event of this id was scored, as far as the topics reach; 1 label orphan\n"
	if diff := cmp.Diff(want, out); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if out, _ := l.main(0, "ledger", "-c", l.file, "--id", "loan-7", "-o", "json"); !strings.Contains(out, `"what": "fate"`) && !strings.Contains(out, `"what":"fate"`) {
		t.Errorf("as JSON: %s", out)
	}
	if _, errs := l.main(1, "ledger", "-c", l.file, "--id", "nobody"); !strings.Contains(errs, `no score, label or dead letter of event "nobody" is in the topics`) {
		t.Errorf("of nobody: %s", errs)
	}
}
