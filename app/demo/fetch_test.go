package demo

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// What was aborted stays hidden from a client that fetches little at a time.
func TestSmallFetchesHideAbortedRecords(t *testing.T) {
	b, err := StartBroker(BrokerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.CreateTopic("copies", 1); err != nil {
		t.Fatal(err)
	}
	writer, err := kgo.NewClient(append(b.ClientOptions(), kgo.TransactionalID("t"))...)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	for i, end := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
		if err := writer.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for range 5 { // a batch each
			if err := writer.ProduceSync(t.Context(), &kgo.Record{Topic: "copies", Key: []byte{byte(i)}, Value: make([]byte, 1000)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if err := writer.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := kgo.NewClient(append(b.ClientOptions(), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{"copies": {0: kgo.NewOffset().AtStart()}}),
		kgo.FetchMaxBytes(2500), kgo.FetchMaxPartitionBytes(2500))...)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	seen, markers := [4]int{}, 0
	for markers < 4 {
		fetches := reader.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if r.Attrs.IsControl() {
				markers++
				return
			}
			seen[r.Key[0]]++
		})
	}
	if seen != [4]int{0, 5, 0, 5} {
		t.Errorf("of each transaction, %v records were seen; the first and the third were aborted", seen)
	}
}
