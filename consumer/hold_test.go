package consumer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// holder copies records but stops at key 4 of partition 0 for the first
// few times, as if its schema were not to be had.
type holder struct {
	copied  map[string]int
	staged  []string
	refuse  int // how often key 4 is held
	held    int
	flowing int // keys of partition 1 that were copied while partition 0 was held
	want    int
}

func (h *holder) Assign(context.Context, []Commit) error { return nil }
func (h *holder) Revoke([]Partition)                     {}
func (h *holder) Aborted() error                         { return nil }

func (h *holder) Process(_ context.Context, _ time.Time, fetches kgo.Fetches, out *Output) error {
	h.staged = h.staged[:0]
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		for _, r := range p.Records {
			if r.Attrs.IsControl() {
				continue
			}
			if string(r.Key) == "4" && h.refuse > 0 {
				h.refuse--
				h.held++
				out.Hold(p.Topic, p.Partition, r.Offset, errors.New("no schema yet"))
				return
			}
			h.staged = append(h.staged, string(r.Key))
			if h.held > 0 && h.refuse > 0 && p.Partition == 1 {
				h.flowing++
			}
			out.Publish(&kgo.Record{Topic: "out", Partition: r.Partition, Key: r.Key, Value: []byte("v")})
		}
	})
	out.Done = len(h.copied) >= h.want
	return nil
}

func (h *holder) Committed() error {
	for _, key := range h.staged {
		h.copied[key]++
	}
	return nil
}

// A record that cannot be read yet holds its partition and no other, nothing of
// it is lost or repeated, and it is told of (S20: an outage pauses).
func TestHeldPartition(t *testing.T) {
	for _, delivery := range []Delivery{ExactlyOnce, AtLeastOnce} {
		t.Run(fmt.Sprint(delivery), func(t *testing.T) {
			_, client := testBroker(t, map[string]int32{"in": 2, "out": 2})
			produce(t, client, "in", 2, 20)
			h := &holder{copied: map[string]int{}, refuse: 5, want: 40}
			more, told := 0, 0
			err := Run(t.Context(), Config{
				Name: "copy", Client: client, Group: "g", TransactionalID: "x", Delivery: delivery, CommitInterval: 5 * time.Millisecond, MaxRecords: 200,
				EndTimeout: 5 * time.Second, Lead: "in", Log: slog.New(slog.DiscardHandler),
				Held: func(Partition, Hold, time.Duration) {
					told++
					if h.held == 2 && more == 0 { // these come while partition 0 waits
						more = 20
						cl := newClient(t, client, kgo.RecordPartitioner(kgo.ManualPartitioner()))
						for i := range more {
							if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Partition: 1, Key: fmt.Appendf(nil, "more-%d", i)}).FirstErr(); err != nil {
								t.Error(err)
							}
						}
					}
				},
			}, h)
			if err != nil {
				t.Fatal(err)
			}
			if h.held != 5 || h.flowing == 0 || told == 0 {
				t.Errorf("held %d times, want 5; %d records flowed meanwhile, want some; told %d times", h.held, h.flowing, told)
			}
			seen := consume(t, client, "out")
			for key, n := range seen {
				if n != 1 {
					t.Errorf("record %s stands %d times in the output", key, n)
				}
			}
			if len(seen) != 40 {
				t.Errorf("%d records are in the output, want 40", len(seen))
			}
		})
	}
}

// The run ends while a partition is held: what was held is not committed, and
// comes to whoever runs next.
func TestHeldRecordsAreNotCommitted(t *testing.T) {
	for _, delivery := range []Delivery{ExactlyOnce, AtLeastOnce} {
		t.Run(fmt.Sprint(delivery), func(t *testing.T) {
			_, client := testBroker(t, map[string]int32{"in": 2, "out": 2})
			produce(t, client, "in", 2, 20)
			ctx, cancel := context.WithCancel(t.Context())
			h := &holder{copied: map[string]int{}, refuse: 1000, want: 20}
			config := Config{
				Name: "copy", Client: client, Group: "g", TransactionalID: "x", Delivery: delivery, CommitInterval: 5 * time.Millisecond, MaxRecords: 200,
				EndTimeout: 5 * time.Second, Lead: "in", Log: slog.New(slog.DiscardHandler),
				Held: func(Partition, Hold, time.Duration) {
					if h.held == 2 && len(h.copied) == 12 { // all of partition 1, and two of partition 0
						cancel()
					}
				},
			}
			if err := Run(ctx, config, h); err != nil {
				t.Fatal(err)
			}
			h.refuse = 0
			if err := Run(t.Context(), config, h); err != nil {
				t.Fatal(err)
			}
			for key, n := range h.copied {
				if n != 1 {
					t.Errorf("record %s was copied %d times", key, n)
				}
			}
		})
	}
}
