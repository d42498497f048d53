package app

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
)

// By labels.clock: label_time a label arrives when its own time says, however
// late its record was written.
func TestLabelsArriveByTheirOwnTime(t *testing.T) {
	ask := newAsked(t)
	cfg := *ask.Config
	cfg.Labels.Topic, cfg.Labels.Time, cfg.Labels.Clock = "timed", "known", config.LabelTimeClock
	cfg.Labels.Schema = filepath.Join(t.TempDir(), "timed.avsc")
	schema := `{"type":"record","name":"T","fields":[{"name":"id","type":"string"},{"name":"truth","type":"string"},{"name":"known","type":{"type":"long","logicalType":"timestamp-micros"}}]}`
	if err := os.WriteFile(cfg.Labels.Schema, []byte(schema), 0o600); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(ask.Client...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := ask.Admin.CreateTopic(t.Context(), 1, 1, nil, "timed"); err != nil {
		t.Fatal(err)
	}
	value := binary.AppendVarint(append([]byte{6}, "new\x021"...), int64(minutes(50)))
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "timed", Value: value, Timestamp: minutes(500).Time()}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	commits := kadm.Offsets{}
	commits.Add(kadm.Offset{Topic: "timed", At: 1, LeaderEpoch: -1, Metadata: encodeCommit(sourceCommit{Read: 1, InPlace: 1})})
	if err := ask.Admin.CommitAllOffsets(t.Context(), cfg.Kafka.StageGroup(config.StageJoin), commits); err != nil {
		t.Fatal(err)
	}
	ask.Config = &cfg
	l, err := ReadLedger(t.Context(), ask.Admin, &cfg)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ask.Samples(t.Context(), l, 3, SampleSearch)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Labels["waiting"]; len(got) != 1 || got[0].At != minutes(50).String() {
		t.Errorf("waiting: %+v, want the label of %v", got, minutes(50))
	}
	story, err := ask.Story(t.Context(), "new")
	if err != nil {
		t.Fatal(err)
	}
	want := "waits for an event of this id to be scored, until about " + minutes(80).String()
	if lines := strings.Join(story.Lines(), "\n"); !strings.Contains(lines, want) {
		t.Errorf("no %q in\n%s", want, lines)
	}
}

// Which samples are kept does not depend on the order in which they were found.
func TestSamplesOfOneInstantAreOrderedByPlace(t *testing.T) {
	var all []Sample
	for partition := range int32(40) {
		for offset := range int64(40) {
			all = append(all, Sample{Topic: "labels", Partition: partition, Offset: offset, at: minutes(int(offset) / 20)})
		}
	}
	want := []Sample{{Topic: "labels", Offset: 39}, {Topic: "labels", Offset: 38}, {Topic: "labels", Offset: 37}}
	rng := rand.New(rand.NewPCG(5, 7))
	for range 20 {
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		s, got := newSampler(3, "events", &Ledger{}), map[string][]Sample{}
		for _, x := range all {
			s.put(got, "used", x)
		}
		if len(got["used"]) > 2*s.n+mostUnsorted {
			t.Errorf("a bucket holds %d", len(got["used"]))
		}
		if diff := cmp.Diff(want, s.take(got)["used"], cmpopts.IgnoreUnexported(Sample{}), cmpopts.IgnoreFields(Sample{}, "At")); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	}
}

// The newest of each partition come first, the partitions in order.
func TestBackReaderOrder(t *testing.T) {
	r := &backReader{at: map[string]map[int32]int64{"t": {}}, starts: map[string]map[int32]int64{"t": {4: 95}}}
	var want []span
	for p := range int32(50) {
		r.at["t"][p] = 100
		want = append(want, span{"t", p, 90, 100})
	}
	want[4].from = 95
	r.at["t"][7], want = 0, slices.Delete(want, 7, 8)
	if got := r.spansBefore("t", 10); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
