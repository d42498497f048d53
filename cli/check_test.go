package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkedin/goavro/v2"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"hindsight/app/demo"
	"hindsight/consumer"
)

const loanPartitions = 4

// loans is a cluster with the demo's topics and bundle, as a user has them.
type loans struct {
	t        *testing.T
	brokers  []string
	registry string
	file     string // of the configuration
	versions *sr.Client
	client   *kgo.Client
}

func newLoans(t *testing.T) *loans {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(loanPartitions, "events", "labels"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	server := httptest.NewServer(srfake.NewRegistry().Handler())
	t.Cleanup(server.Close)
	dir := t.TempDir()
	l := &loans{t: t, brokers: c.ListenAddrs(), registry: server.URL, file: filepath.Join(dir, "hindsight.yaml")}
	if l.versions, err = sr.NewClient(sr.URLs(server.URL)); err != nil {
		t.Fatal(err)
	}
	if l.client, err = kgo.NewClient(kgo.SeedBrokers(l.brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.client.Close)
	if err := demo.WriteBundle(filepath.Join(dir, "bundles", "car-loan-1")); err != nil {
		t.Fatal(err)
	}
	l.configure()
	l.main(0, "topics", "create", "-c", l.file)
	return l
}

// configure writes the demo's configuration with replacements, old before new.
func (l *loans) configure(replace ...string) {
	l.t.Helper()
	replace = append(replace, "127.0.0.1:9092", l.brokers[0], "http://127.0.0.1:8081", l.registry)
	if err := os.WriteFile(l.file, []byte(strings.NewReplacer(replace...).Replace(string(demo.Configuration()))), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

// main runs the program and returns what it printed.
func (l *loans) main(code int, args ...string) (stdout, stderr string) {
	l.t.Helper()
	var out, errs bytes.Buffer
	if got := Main(l.t.Context(), args, nil, &out, &errs); got != code {
		l.t.Fatalf("%v: exit code %d, want %d\n%s\n%s", args, got, code, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

// check runs check and returns the findings that are not ok, "state check: text".
func (l *loans) check(code int, args ...string) []string {
	l.t.Helper()
	out, _ := l.main(code, append([]string{"check", "-c", l.file, "-o", "json"}, args...)...)
	var findings []finding
	if err := json.Unmarshal([]byte(out), &findings); err != nil {
		l.t.Fatalf("%v in\n%s", err, out)
	}
	var rest []string
	for _, f := range findings {
		if f.State != stateOK {
			rest = append(rest, f.State+" "+f.Check+": "+f.Text)
		}
	}
	return rest
}

// publish writes 40 loans an hour apart or their labels, framed for the registry.
func (l *loans) publish(topic, schema string, place consumer.Partitioner, stamp func(at time.Time) time.Time, row func(id string, at time.Time) map[string]any) {
	l.t.Helper()
	registered, err := l.versions.CreateSchema(l.t.Context(), topic+"-value", sr.Schema{Schema: schema})
	if err != nil {
		l.t.Fatal(err)
	}
	codec, err := goavro.NewCodec(schema)
	if err != nil {
		l.t.Fatal(err)
	}
	for i := range 40 {
		id, at := fmt.Sprintf("loan-%d", i), time.Date(2025, 3, 1, i, 0, 0, 0, time.UTC)
		value, err := codec.BinaryFromNative(binary.BigEndian.AppendUint32([]byte{0}, uint32(registered.ID)), row(id, at))
		if err != nil {
			l.t.Fatal(err)
		}
		r := &kgo.Record{Topic: topic, Partition: place([]byte(id), loanPartitions), Key: []byte(id), Value: value, Timestamp: stamp(at)}
		if err := l.client.ProduceSync(l.t.Context(), r).FirstErr(); err != nil {
			l.t.Fatal(err)
		}
	}
}

func (l *loans) publishEvents() {
	l.publish("events", string(demo.LoanSchema()), consumer.Murmur2, func(at time.Time) time.Time { return at }, func(id string, at time.Time) map[string]any {
		return map[string]any{"event_id": id, "event_time": at, "car_value": 1e4, "salary_range": "0 - 20K €", "debt_to_income_ratio": 0.5,
			"loan_length": 12, "repaid_loan_on_prev_car": true, "size_of_downpayment": "40%", "driver_tenure": 3.0}
	})
}

func (l *loans) publishLabels(place consumer.Partitioner, stamp func(at time.Time) time.Time) {
	l.publish("labels", string(demo.RepaymentSchema()), place, stamp, func(id string, at time.Time) map[string]any {
		return map[string]any{"event_id": id, "repaid": true, "label_time": at.AddDate(0, 0, 3)}
	})
}

func threeDaysLater(at time.Time) time.Time { return at.AddDate(0, 0, 3) }

func TestCheckBeforeAnyData(t *testing.T) {
	l := newLoans(t)
	got := l.check(0)
	want := []string{
		"note events schema: the registry has no subject events-value yet",
		"note events sample: the topic is empty, so that nothing could be tried",
		"note labels schema: the registry has no subject labels-value yet",
		"note labels sample: the topic is empty, so that nothing could be tried",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestCheckAllIsWell(t *testing.T) {
	l := newLoans(t)
	l.publishEvents()
	l.publishLabels(consumer.Murmur2, threeDaysLater)
	got := l.check(0)
	if len(got) != 1 || !strings.HasPrefix(got[0], "note state: at ") {
		t.Errorf("got\n%s\nwant a note on state alone", strings.Join(got, "\n"))
	}
	out, errs := l.main(0, "check", "-c", l.file)
	for _, want := range []string{
		"ok     configuration     ", "ok     rights            topics, groups and transactional ids of car-loans\n", "ok     bundle            car-loan@1 in ",
		"ok     events schema     events-value version 1 (id 1) has every field wanted\n",
		"ok     labels sample     40 records, stamped 2025-03-04T00:00:00Z to 2025-03-05T15:00:00Z\n",
		"ok     partitioning      40 of 40 labels lie on the partition of their score (murmur2)\n",
		"ok     truths            40 labels, all of them classes of the model\n",
		"ok     time scale        events to 2025-03-02T15:00:00Z, labels to 2025-03-05T15:00:00Z\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if errs != "" {
		t.Errorf("stderr: %s", errs)
	}
}

func TestCheckFaults(t *testing.T) {
	l := newLoans(t)
	l.publishEvents()
	l.publishLabels(consumer.CRC32, func(time.Time) time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) })
	for _, c := range []struct {
		name    string
		replace []string
		args    []string
		want    []string
	}{
		{"labels of another producer, stamped at upload", nil, nil, []string{
			"note partitioning: labels are placed by crc32 and scores by murmur2, so that most labels are copied; before the first score is written, set scores.partitioner: crc32",
			"fault time scale: events and labels are on two time scales: labels begin at 2026-01-01T00:00:00Z, ",
		}},
		{"the cure", []string{"state: {", "scores: {partitioner: crc32}\nstate: {", "  value: repaid", "  clock: label_time\n  value: repaid"}, []string{"--stages", "join"}, nil},
		{"fields that are not there", []string{"  id: event_id", "  id: loan_id", "[salary_range]", "[salary]"}, []string{"--stages", "score"}, []string{
			`fault events schema: events-value version 1 (id 1): unusable schema: field "loan_id"`,
			`fault events schema: events-value version 1 (id 1): unusable schema: field "salary"`,
		}},
		{"no bundle", []string{"car-loan@1", "car-loan@2"}, []string{"--stages", "score"}, []string{"fault bundle: "}},
		{"a wrong wire", []string{"  topic: events\n  wire: confluent", "  topic: events\n  wire: bare\n  schema: none.avsc"}, []string{"--stages", "score"}, []string{"fault events schema: events: open "}},
		{"other topics", []string{"state: {", "topics: {scores: s2}\nstate: {"}, []string{"--stages", "score"}, []string{"fault topics: topic s2: does not exist; make it with: hindsight topics create -c "}},
		{"a longer horizon", []string{"horizon: 45d", "horizon: 90d"}, []string{"--stages", "watch"}, []string{"fault topics: topic slices: keeps records for 103d13h30m and they are needed for 194d23h15m; run: kafka-configs.sh "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l.configure(c.replace...)
			code := exitWell
			if len(c.want) > 0 {
				code = exitFailed
			}
			got := slices.DeleteFunc(l.check(code, c.args...), func(s string) bool { return strings.HasPrefix(s, "note state: ") })
			if len(got) != len(c.want) {
				t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			for i, want := range c.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("got\n%s\nwant\n%s", got[i], want)
				}
			}
		})
	}
}

// Labels that no prediction can agree with are told of before they count as wrong.
func TestCheckTruths(t *testing.T) {
	l := newLoans(t)
	l.publishEvents()
	l.publishLabels(consumer.Murmur2, threeDaysLater)
	l.configure("  value: repaid", "  map: {1: repaid}\n  value: repaid")
	want := `note truths: of 40 labels some say "repaid" (`
	if got := l.check(0); len(got) != 2 || !strings.HasPrefix(got[0], want) || !strings.Contains(got[0], `which is no class of the model (["0" "1"])`) {
		t.Errorf("got %q, want %s…", got, want)
	}
}

// Records that cannot be read are a note while others can, a fault when none can.
func TestCheckSpoiledRecords(t *testing.T) {
	l := newLoans(t)
	spoil := func() {
		r := &kgo.Record{Topic: "events", Partition: 1, Value: []byte("{}"), Timestamp: time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)}
		if err := l.client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	spoil()
	got := l.check(1, "--stages", "score")
	if want := "fault events sample: none of 1 record can be read: partition 1 offset 0: wrong framing"; !strings.HasPrefix(got[len(got)-1], want) {
		t.Errorf("got %q, want %s", got, want)
	}
	l.publishEvents()
	got = l.check(0, "--stages", "score")
	if want := "note events sample: 1 of 41 records will be dead letters: partition 1 offset 0: wrong framing"; len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("got %q, want %s", got, want)
	}
}

func TestCheckRegistryOutOfReach(t *testing.T) {
	l := newLoans(t)
	l.configure("http://127.0.0.1:8081", "http://127.0.0.1:1")
	got := l.check(exitUnreachable, "--stages", "score")
	if want := "fault events schema: events: schema registry unavailable: "; len(got) != 1 || !strings.HasPrefix(got[0], want) || !strings.HasSuffix(got[0], "start it, or correct registry.url") {
		t.Errorf("got %q, want %s…", got, want)
	}
}
