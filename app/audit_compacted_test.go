package app

import (
	"errors"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A compacted topic is judged strictly until its brokers have compacted it:
// markers and aborted records are no holes.
func TestCompactionIsSeen(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.BrokerConfigs(map[string]string{"log.cleaner.backoff.ms": "20"}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for topic, policy := range map[string]string{"kept": "delete", "compacted": "compact"} {
		if err := c.CreateTopic(topic, 1, map[string]string{"cleanup.policy": policy, "segment.bytes": "1024", "min.cleanable.dirty.ratio": "0"}); err != nil {
			t.Fatal(err)
		}
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...), kgo.TransactionalID("t"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	n := 0
	send := func(topic string, end kgo.TransactionEndTry) {
		t.Helper()
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			key := fmt.Sprint("of itself ", n)
			if n++; topic == "compacted" {
				key = "again"
			}
			if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Key: []byte(key), Value: make([]byte, 100)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if err := client.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	send("kept", kgo.TryAbort)
	send("kept", kgo.TryCommit)
	plain := []kgo.Opt{kgo.SeedBrokers(c.ListenAddrs()...)}
	for seen := false; !seen; {
		send("compacted", kgo.TryCommit)
		r := &auditReader{client: plain, admin: kadm.NewClient(client)}
		if r.extents, err = r.extentsOf(t.Context(), "kept", "compacted"); err != nil {
			t.Fatal(err)
		}
		if holes, err := r.holes(t.Context(), "kept"); holes || err != nil {
			t.Fatalf("a topic that nobody compacted has holes: %v, %v", holes, err)
		}
		compacted, err := r.compacted(t.Context(), "kept", "compacted")
		if errors.Is(err, kerr.OffsetOutOfRange) { // the first of it is gone just now: an audit begins anew
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		seen = compacted["compacted"]
	}
}
