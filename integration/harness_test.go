//go:build integration

package integration

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestHarness shows that both readers see what a transaction committed and
// nothing of one that was aborted; the other tests count by them.
func TestHarness(t *testing.T) {
	c := newCluster(t)
	c.create("copies", 3, nil)
	for i, commit := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
		client, err := kgo.NewClient(kgo.SeedBrokers(c.brokers...), kgo.TransactionalID(c.topic("txn")))
		if err != nil {
			t.Fatal(err)
		}
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for n := range 10 {
			value := fmt.Appendf(nil, "%d\n%d\x00", i, n)
			if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: c.topic("copies"), Key: value, Value: value}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if err := client.EndTransaction(context.WithoutCancel(t.Context()), commit); err != nil {
			t.Fatal(err)
		}
		client.Close()
	}
	want := map[string]int{}
	for n := range 10 {
		want[fmt.Sprintf("0\n%d\x00", n)]++
		want[fmt.Sprintf("2\n%d\x00", n)]++
	}
	ours, theirs := map[string]int{}, map[string]int{}
	c.committed("copies", func(r *kgo.Record) {
		ours[string(r.Value)]++
		if !bytes.Equal(r.Key, r.Value) {
			t.Errorf("key %q beside value %q", r.Key, r.Value)
		}
	})
	for _, value := range c.kcat("copies") {
		theirs[string(value)]++
	}
	if d := cmp.Diff(want, ours); d != "" {
		t.Errorf("franz-go (-want +got):\n%s", d)
	}
	if d := cmp.Diff(want, theirs); d != "" {
		t.Errorf("kcat (-want +got):\n%s", d)
	}
}
