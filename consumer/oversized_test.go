package consumer

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// skipStage copies records and publishes the length of what was skipped.
type skipStage struct {
	t        *testing.T
	next     int64
	seen     int64
	skipped  int64
	markers  int
	awaiting int64
}

func (s *skipStage) Assign(_ context.Context, commits []Commit) error {
	s.next = commits[0].Offset
	return nil
}
func (s *skipStage) Revoke([]Partition) {}
func (s *skipStage) Aborted() error     { return nil }
func (s *skipStage) Committed() error   { return nil }

func (s *skipStage) Process(_ context.Context, _ time.Time, fetches kgo.Fetches, out *Output) error {
	fetches.EachRecord(func(r *kgo.Record) {
		if r.Offset != s.next {
			s.t.Errorf("offset %d came where %d was due", r.Offset, s.next)
		}
		if n, ok := Skipped(r); ok {
			s.next, s.skipped, s.markers = r.Offset+n, s.skipped+n, s.markers+1
			out.Publish(DeadLetter("out", 1, r, TooLarge("copy", n)))
		} else {
			s.next, s.seen = r.Offset+1, s.seen+1
			out.Publish(&kgo.Record{Topic: "out", Key: r.Key, Value: r.Value})
		}
		out.Commit("in", 0, s.next, strconv.FormatInt(s.skipped, 10))
	})
	out.Done = fetches.NumRecords() == 0 && s.seen+s.skipped == s.awaiting
	return nil
}

// A batch that would decompress beyond the bound stands for its offsets as one
// dead letter, at the log's start, in its middle and at its end, and what lies
// around it is read (GUARANTEES.md R24: a batch that inflates to 1 GiB).
func TestABatchBeyondTheBoundIsPassedOver(t *testing.T) {
	for _, delivery := range []Delivery{ExactlyOnce, AtLeastOnce} {
		t.Run(fmt.Sprint(delivery), func(t *testing.T) { passOverBatches(t, delivery) })
	}
}

func passOverBatches(t *testing.T, delivery Delivery) {
	_, client := testBroker(t, map[string]int32{"in": 1, "out": 1})
	writer := newClient(t, client, kgo.ProducerBatchCompression(kgo.ZstdCompression()), kgo.ProducerBatchMaxBytes(900_000))
	bomb := func(n int) {
		var records []*kgo.Record
		for range n {
			records = append(records, &kgo.Record{Topic: "in", Value: bytes.Repeat([]byte("0"), 50_000)})
		}
		if err := writer.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	bomb(3)
	produce(t, client, "in", 1, 100)
	bomb(2)
	bomb(5)
	produce(t, client, "in", 1, 100)
	bomb(4)
	s := &skipStage{t: t, awaiting: 214}
	if err := Run(t.Context(), Config{
		Name: "copy", Client: append(client, kgo.MaxDecompressBatchBytes(80_000)), Group: "g", TransactionalID: "x", Delivery: delivery,
		CommitInterval: 5 * time.Millisecond, MaxRecords: 30, EndTimeout: 5 * time.Second, Recycle: true, Lead: "in", Log: slog.New(slog.DiscardHandler),
	}, s); err != nil {
		t.Fatal(err)
	}
	if s.markers != 4 || s.skipped != 14 || s.seen != 200 {
		t.Errorf("%d markers for %d offsets beside %d records, want 4, 14 and 200", s.markers, s.skipped, s.seen)
	}
	letters := 0
	out := newClient(t, client, kgo.ConsumeTopics("out"), kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	for copies := 0; copies < 200 || letters < 4; {
		out.PollFetches(t.Context()).EachRecord(func(r *kgo.Record) {
			copies++
			for _, h := range r.Headers {
				if h.Key == "hindsight.error.offsets" {
					copies--
					letters++
				}
			}
		})
	}
	if letters != 4 {
		t.Errorf("%d dead letters, want 4", letters)
	}
}
