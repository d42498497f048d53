package kafka

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// transactions writes groups of values to partition 0 of a topic, each in a
// transaction; one that begins with an exclamation mark is aborted.
func transactions(t *testing.T, brokers []string, topic string, groups ...[]string) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.TransactionalID("t"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, values := range groups {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		end := kgo.TryCommit
		for _, v := range values {
			if strings.HasPrefix(v, "!") {
				end = kgo.TryAbort
			}
			if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: []byte(v)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if err := client.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
}

// Read ends although the last offsets are markers and aborted records.
func TestReadToTheEnd(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	transactions(t, c.ListenAddrs(), "x", []string{"a", "b"}, []string{"!c"}, []string{"d"}, []string{"!e", "!f"})
	cfg := configOf(t, "")
	cfg.Kafka.Brokers = c.ListenAddrs()
	client, err := Connect(t.Context(), cfg.Kafka, nil, ReadOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	starts, err := Starts(t.Context(), admin, "x")
	if err != nil {
		t.Fatal(err)
	}
	ends, err := Ends(t.Context(), admin, "x")
	if err != nil {
		t.Fatal(err)
	}
	for round := range 2 { // the client may be used again
		var got []string
		if err := Read(t.Context(), client, "x", starts, ends, func(r *kgo.Record) bool { got = append(got, string(r.Value)); return true }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"a", "b", "d"}, got); diff != "" {
			t.Errorf("round %d (-want +got)\n%s", round, diff)
		}
	}
	if _, err := Ends(t.Context(), admin, "nowhere"); err == nil || !strings.Contains(err.Error(), "topic nowhere does not exist") {
		t.Errorf("Ends of nothing = %v", err)
	}
}

func TestSampleOf(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	client, err := kgo.NewClient(append(ReadOptions(), kgo.SeedBrokers(c.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for p, n := range []int{10, 3} {
		for i := range n {
			r := &kgo.Record{Topic: "x", Partition: int32(p), Value: fmt.Appendf(nil, "%d-%d", p, i), Timestamp: time.UnixMilli(int64(i))}
			if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	s, err := SampleOf(t.Context(), client, "x", 2)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range s.Records {
		got = append(got, string(r.Value))
	}
	if diff := cmp.Diff([]string{"0-0", "0-1", "0-8", "0-9", "1-0", "1-1", "1-2"}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if s.Partitions != 2 || s.Total != 13 {
		t.Errorf("%d partitions, %d records, want 2 and 13", s.Partitions, s.Total)
	}
}
