package demo

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/publish"
	"hindsight/schemas"
)

func startBroker(t testing.TB, o BrokerOptions) *Broker {
	t.Helper()
	b, err := StartBroker(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func feedOf(t testing.TB, w *World, b *Broker) *Feed {
	t.Helper()
	feed, err := NewFeed(t.Context(), w, b, publish.WallClock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(feed.Close)
	return feed
}

// digests reads n records and returns a digest of each partition, in order.
func digests(t testing.TB, n int, opts ...kgo.Opt) map[string]string {
	t.Helper()
	client, err := kgo.NewClient(append(opts, kgo.ConsumeTopics(Events, Labels))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	hash := map[string][]byte{}
	for n > 0 {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			n--
			name := fmt.Sprintf("%s-%d", r.Topic, r.Partition)
			sum := sha256.Sum256(fmt.Appendf(hash[name], "%d %d %q %x", r.Offset, r.Timestamp.UnixMilli(), r.Key, r.Value))
			hash[name] = sum[:]
		})
	}
	out := map[string]string{}
	for name, h := range hash {
		out[name] = fmt.Sprintf("%x", h)
	}
	return out
}

// The same seed puts the same bytes on each partition in the same order, at
// any speed.
func TestFeedIsTheSameEveryTime(t *testing.T) {
	w := newWorld(t, Options{Seed: 7, Loans: 5000, BadEvents: true})
	n := len(w.Loans) + len(w.Labels) + len(w.Bad)
	var first map[string]string
	for _, speed := range []float64{0, 0, 1e8} {
		b := startBroker(t, BrokerOptions{})
		sum, err := feedOf(t, w, b).Run(t.Context(), speed)
		if err != nil {
			t.Fatal(err)
		}
		if sum.Records != int64(n) || sum.First != w.Start() || sum.Last != w.End() {
			t.Errorf("summary %+v, want %d records from %s to %s", sum, n, w.Start(), w.End())
		}
		got := digests(t, n, b.ClientOptions()...)
		if len(got) != 2*Partitions {
			t.Errorf("records on %d partitions, want %d", len(got), 2*Partitions)
		}
		if first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Errorf("another stream at speed %v:\n%s", speed, diff)
		}
	}
}

// What the registry hands out decodes what lies on the topics.
func TestEventsAreReadableByTheRegistrysSchema(t *testing.T) {
	w := newWorld(t, Options{Seed: 1, Loans: 50})
	b := startBroker(t, BrokerOptions{})
	if _, err := feedOf(t, w, b).Run(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(append(b.ClientOptions(), kgo.ConsumeTopics(Events))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	registry, err := b.SchemaRegistry()
	if err != nil {
		t.Fatal(err)
	}
	loans := map[string]Loan{}
	for _, loan := range w.Loans {
		loans[loan.ID] = loan
	}
	for seen := 0; seen < len(loans); {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		for _, r := range fetches.Records() {
			seen++
			id, datum, err := schemas.Split(schemas.Confluent, r.Value)
			if err != nil {
				t.Fatal(err)
			}
			text, err := registry.Schema(t.Context(), uint32(id))
			if err != nil {
				t.Fatal(err)
			}
			codec, err := schemas.NewCodec(text)
			if err != nil {
				t.Fatal(err)
			}
			v, err := schemas.Native(codec, datum)
			if err != nil {
				t.Fatal(err)
			}
			got := v.(map[string]any)
			at := got["event_time"].(time.Time)
			if loan := loans[string(r.Key)]; got["event_id"] != loan.ID || !at.Equal(loan.At.Time()) || !at.Equal(r.Timestamp) {
				t.Errorf("event %v with key %s and stamp %s, want %+v", got, r.Key, r.Timestamp, loan)
			}
		}
	}
}

func TestBrokerKeepsItsFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "demo")
	w := newWorld(t, Options{Seed: 1, Loans: 2000})
	n := len(w.Loans) + len(w.Labels)
	b := startBroker(t, BrokerOptions{Dir: dir})
	if _, err := feedOf(t, w, b).Run(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	before := digests(t, n, b.ClientOptions()...)
	if _, err := StartBroker(BrokerOptions{Dir: dir}); err == nil || !strings.Contains(err.Error(), "is used by another process") {
		t.Errorf("a second broker in the same folder: %v", err)
	}
	registerAs(t, b, "copy", LoanSchema())
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}

	b = startBroker(t, BrokerOptions{Dir: dir})
	if diff := cmp.Diff(before, digests(t, n, b.ClientOptions()...)); diff != "" {
		t.Errorf("after the restart:\n%s", diff)
	}
	for topic, c := range map[string]struct {
		text []byte
		id   int
	}{Events: {LoanSchema(), 1}, Labels: {RepaymentSchema(), 2}, "copy": {LoanSchema(), 1}} {
		if id := registerAs(t, b, topic, c.text); id != c.id {
			t.Errorf("schema of %s: id %d after the restart, want %d", topic, id, c.id)
		}
	}
	if err := b.CreateTopic(Events, 9); err != nil {
		t.Errorf("a topic that is there: %v", err)
	}
}

func registerAs(t *testing.T, b *Broker, topic string, text []byte) int {
	t.Helper()
	schema, err := publish.ParseSchema(text)
	if err != nil {
		t.Fatal(err)
	}
	client, err := b.SchemaRegistry()
	if err != nil {
		t.Fatal(err)
	}
	id, err := publish.Register(t.Context(), client, topic, schema)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestBrokenRegistryFileIsAnError(t *testing.T) {
	for _, text := range []string{"x", `[{"subject": "s", "version": 1, "id": 1, "schema": "x"}]`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "registry.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := StartBroker(BrokerOptions{Dir: dir}); err == nil || !strings.Contains(err.Error(), "registry.json") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestBrokerWithPorts(t *testing.T) {
	w := newWorld(t, Options{Seed: 1, Loans: 100})
	b := startBroker(t, BrokerOptions{Kafka: "127.0.0.1:0", Registry: "127.0.0.1:0"})
	if _, err := feedOf(t, w, b).Run(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	digests(t, len(w.Loans)+len(w.Labels), kgo.SeedBrokers(b.Addrs()...))
	if answer, err := b.RegistryHTTP().Get(b.RegistryURL() + "/subjects"); err != nil || answer.StatusCode != 200 {
		t.Errorf("registry by TCP: %v, %v", answer, err)
	} else if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
	if _, err := StartBroker(BrokerOptions{Kafka: b.Addrs()[0]}); err == nil {
		t.Error("a second broker on the same address")
	}
}

func TestTopicsKeepHistoricTimes(t *testing.T) {
	b := startBroker(t, BrokerOptions{})
	if err := b.CreateTopic("t", 2); err != nil {
		t.Fatal(err)
	}
	info := b.cluster.TopicInfo("t")
	for name, want := range TopicConfigs() {
		if got := info.Configs[name]; got == nil || *got != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
}

func TestWriteBundle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bundles", "car-loan-1")
	for range 2 { // a second start in the same folder
		if err := WriteBundle(dir); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil || !slices.Contains(names, "bundle.yaml") || !slices.Contains(names, "linear.json") {
		t.Errorf("%v, %v", names, err)
	}
}
