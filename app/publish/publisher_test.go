package publish

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"hindsight/consumer"
	"hindsight/schemas"
	"hindsight/schemas/registry"
)

// broker starts kfake without a port and returns a client of it.
func broker(t testing.TB, opts ...kgo.Opt) (*kfake.Cluster, *kgo.Client) {
	t.Helper()
	network := new(kfake.VirtualNetwork)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.ListenFn(network.Listen))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	opts = append(opts, kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.Dialer(network.DialContext))
	client, err := kgo.NewClient(append(opts, ClientOptions()...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return cluster, client
}

// read returns n records of a topic, by partition.
func read(t *testing.T, client *kgo.Client, topic string, n int) map[int32][]string {
	t.Helper()
	client.AddConsumeTopics(topic)
	out := map[int32][]string{}
	for n > 0 {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			n--
			out[r.Partition] = append(out[r.Partition], fmt.Sprintf("%s=%s@%d", r.Key, r.Value, r.Timestamp.UnixMilli()))
		})
	}
	return out
}

func numbered(n int, partition func(int) int32) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for i := range n {
			item := Item{At: schemas.Instant(i * 1000), Topic: "t", Partition: partition(i), Key: fmt.Append(nil, i), Value: fmt.Append(nil, "v", i)}
			if !yield(item, nil) {
				return
			}
		}
	}
}

func byKey(int) int32 { return -1 }

func toPositive(hash int32) int32 { return hash & 0x7fffffff }

// The partitions of crc32 are those of Python's zlib.crc32(key) % n, which is
// what librdkafka's consistent partitioner computes.
func TestRecordsLieWhereTheirPartitionerSays(t *testing.T) {
	for name, want := range map[string]map[string]int32{
		"crc32":   {"a": 3, "123456789": 2, "loan-1": 11, "100000": 3, "é": 2},
		"murmur2": {"21": toPositive(-973932308) % 12, "foobar": toPositive(-790332482) % 12}, // from Kafka's UtilsTest
	} {
		place, err := consumer.PartitionerNamed(name)
		if err != nil {
			t.Fatal(err)
		}
		_, client := broker(t)
		admin := kadm.NewClient(client)
		n, created, err := EnsureTopic(t.Context(), admin, "t", 12)
		if err != nil || n != 12 || !created {
			t.Fatal(n, created, err)
		}
		items := func(yield func(Item, error) bool) {
			for key := range want {
				if !yield(Item{Topic: "t", Partition: -1, Key: []byte(key)}, nil) {
					return
				}
			}
		}
		p := NewPublisher(client, place, map[string]int32{"t": n}, WallClock{})
		if _, err := p.Publish(t.Context(), items); err != nil {
			t.Fatal(err)
		}
		got := map[string]int32{}
		for partition, records := range read(t, client, "t", len(want)) {
			for _, r := range records {
				key, _, _ := strings.Cut(r, "=")
				got[key] = partition
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestPublishKeepsOrderAndStamps(t *testing.T) {
	_, client := broker(t)
	n, _, err := EnsureTopic(t.Context(), kadm.NewClient(client), "t", 3)
	if err != nil {
		t.Fatal(err)
	}
	clock := &fakeClock{now: at("2026-01-01T00:00:00Z")}
	p := NewPublisher(client, consumer.Murmur2, map[string]int32{"t": n}, clock)
	progress := 0
	p.Progress = func(Summary) { progress++ }
	const records = 10_000
	sum, err := p.Publish(t.Context(), AtRate(t.Context(), clock, 1000, numbered(records, byKey)))
	if err != nil {
		t.Fatal(err)
	}
	var bytes int64
	want := map[int32][]string{}
	for i := range records {
		key := fmt.Append(nil, i)
		to := consumer.Murmur2(key, n)
		want[to] = append(want[to], fmt.Sprintf("%d=v%d@%d", i, i, i))
		bytes += int64(2*len(key) + 1)
	}
	if diff := cmp.Diff(want, read(t, client, "t", records)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if sum.Records != records || sum.Bytes != bytes || sum.First != 0 || sum.Last != 9_999_000 || sum.Elapsed < 9*time.Second {
		t.Errorf("summary %+v, %d bytes wanted", sum, bytes)
	}
	if progress < 9 || progress > 11 {
		t.Errorf("progress was shown %d times in 10 seconds", progress)
	}
}

func TestPublishStopsAtTheFirstError(t *testing.T) {
	cluster, client := broker(t)
	if err := cluster.CreateTopic("t", 2, nil); err != nil {
		t.Fatal(err)
	}
	p := NewPublisher(client, consumer.Murmur2, map[string]int32{"t": 2}, WallClock{})
	fault := errors.New("line 3: broken")
	sum, err := p.Publish(t.Context(), func(yield func(Item, error) bool) {
		for item := range numbered(2, byKey) {
			if !yield(item, nil) {
				return
			}
		}
		yield(Item{}, fault)
	})
	if !errors.Is(err, fault) || sum.Records != 2 {
		t.Errorf("%d records, %v", sum.Records, err)
	}
	if _, err := p.Publish(t.Context(), numbered(1, func(int) int32 { return 2 })); err == nil || !strings.Contains(err.Error(), "there is no partition 2 of 2") {
		t.Errorf("partition 2 of 2: %v", err)
	}
	handle := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Err: kerr.TopicAuthorizationFailed})
	defer handle.Remove()
	sum, err = p.Publish(t.Context(), numbered(100_000, byKey))
	if !errors.Is(err, kerr.TopicAuthorizationFailed) || sum.Records >= 100_000 {
		t.Errorf("refused by the broker: %d records, %v", sum.Records, err)
	}
}

func TestEnsureTopicLeavesWhatIsThere(t *testing.T) {
	cluster, client := broker(t)
	admin := kadm.NewClient(client)
	if err := cluster.CreateTopic("old", 5, map[string]string{"retention.ms": "3600000"}); err != nil {
		t.Fatal(err)
	}
	if n, created, err := EnsureTopic(t.Context(), admin, "old", 3); n != 5 || created || err != nil {
		t.Errorf("%d partitions, created %v, %v", n, created, err)
	}
	if d, err := Retention(t.Context(), admin, "old"); d != time.Hour || err != nil {
		t.Errorf("retention %v, %v", d, err)
	}
	n, created, err := EnsureTopic(t.Context(), admin, "new", 0)
	if n != 10 || !created || err != nil { // kfake's default
		t.Errorf("%d partitions, created %v, %v", n, created, err)
	}
	if d, err := Retention(t.Context(), admin, "new"); d >= 0 || err != nil {
		t.Errorf("retention %v, %v", d, err)
	}
}

func TestWires(t *testing.T) {
	fake := srfake.New()
	t.Cleanup(fake.Close)
	versions, err := sr.NewClient(sr.URLs(fake.URL()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := registry.New(registry.Options{URL: fake.URL()})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Newest(t.Context(), versions, client, "loans"); !errors.Is(err, ErrNoSubject) {
		t.Errorf("an unknown subject: %v", err)
	}
	if _, err := Register(t.Context(), client, "other", mustSchema(t, reading)); err != nil {
		t.Fatal(err)
	}
	s := mustSchema(t, driver)
	id, err := Register(t.Context(), client, "loans", s)
	if err != nil || id != 2 {
		t.Fatal(id, err)
	}
	if again, err := Register(t.Context(), client, "loans", s); again != id || err != nil {
		t.Errorf("registered again: %d, %v", again, err)
	}
	newest, found, err := Newest(t.Context(), versions, client, "loans")
	if err != nil || found != id || newest.Name() != "test.Loan" {
		t.Errorf("newest: %v, %d, %v", newest, found, err)
	}
	fingerprint, err := schemas.Fingerprint(driver)
	if err != nil {
		t.Fatal(err)
	}
	row := map[string]any{"event_id": "1", "driver": map[string]any{"age": int32(1), "salary": nil}}
	for wire, want := range map[schemas.Wire]uint64{schemas.Confluent: 2, schemas.SingleObject: fingerprint, schemas.Bare: 0} {
		enc, err := NewEncoder(s, wire, id)
		if err != nil {
			t.Fatal(err)
		}
		value, err := enc.Append(nil, row)
		if err != nil {
			t.Fatal(err)
		}
		schema, payload, err := schemas.Split(wire, value)
		if err != nil || schema != want {
			t.Errorf("%s: schema %x, %v; want %x", wire, schema, err, want)
		}
		if got := decode(t, s, payload); got["currency"] != "EUR" {
			t.Errorf("%s: %v", wire, got)
		}
	}
	if _, err := NewEncoder(s, schemas.Confluent, -1); err == nil {
		t.Error("a negative schema id was accepted")
	}
}

// A million rows are to take seconds.
func BenchmarkPublishCSV(b *testing.B) {
	_, client := broker(b)
	n, _, err := EnsureTopic(b.Context(), kadm.NewClient(client), "loans", 4)
	if err != nil {
		b.Fatal(err)
	}
	const header = "event_id,amount,currency,driver.age,driver.salary\n"
	var data strings.Builder
	data.WriteString(header)
	for i := range b.N {
		fmt.Fprintf(&data, "%d,%d.5,EUR,%d,low\n", i, i%1000, 20+i%50)
	}
	s := mustSchema(b, driver)
	enc, err := NewEncoder(s, schemas.Confluent, 1)
	if err != nil {
		b.Fatal(err)
	}
	key, err := s.Path("event_id")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	rows, err := NewCSV(strings.NewReader(data.String()), "b.csv", s, nil)
	if err != nil {
		b.Fatal(err)
	}
	p := NewPublisher(client, consumer.Murmur2, map[string]int32{"loans": n}, WallClock{})
	sum, err := p.Publish(b.Context(), Items(rows, enc, Layout{Topic: "loans", Name: "b.csv", Key: key, Now: time.Now}))
	if err != nil || sum.Records != int64(b.N) {
		b.Fatal(sum, err)
	}
}
