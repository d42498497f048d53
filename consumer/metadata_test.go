package consumer

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// tellStage commits metadata for partition 0 with each record, and now and then
// for partition 1, from which it polled once.
type tellStage struct {
	produce func(partition int32, n int)
	told    int
}

func (s *tellStage) Assign(context.Context, []Commit) error { return nil }
func (s *tellStage) Revoke([]Partition)                     {}
func (s *tellStage) Committed() error                       { return nil }
func (s *tellStage) Aborted() error                         { return nil }

func (s *tellStage) Process(_ context.Context, _ time.Time, fetches kgo.Fetches, out *Output) error {
	fetches.EachRecord(func(r *kgo.Record) {
		if r.Partition == 1 {
			s.produce(0, 10)
		} else {
			s.told++
			out.Commit("in", 0, r.Offset+1, "zero")
		}
		if s.told%3 == 0 {
			out.Commit("in", 1, 1, "one")
		}
	})
	out.Done = s.told == 10 && fetches.NumRecords() == 0
	return nil
}

// What was committed for a partition stands although later commits are about others.
func TestCommitsOfOtherPartitionsKeepMetadata(t *testing.T) {
	for _, delivery := range []Delivery{ExactlyOnce, AtLeastOnce} {
		b := newBed(t, 2)
		cl := newClient(t, b.client(b.net(), kgo.RecordPartitioner(kgo.ManualPartitioner())))
		produce := func(partition int32, n int) {
			for range n {
				if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Partition: partition, Value: []byte("v")}).FirstErr(); err != nil {
					t.Fatal(err)
				}
			}
		}
		produce(1, 1)
		config := b.config("x", b.net())
		config.Delivery, config.MaxRecords = delivery, 1
		s := &tellStage{produce: produce}
		if err := Run(t.Context(), config, s); err != nil {
			t.Fatal(err)
		}
		commits := b.cluster.GroupInfo(bedGroup).Commits["in"]
		if commits[0].Metadata != "zero" || commits[1].Metadata != "one" || s.told != 10 {
			t.Errorf("%v: after %d records the commits are %+v", delivery, s.told, commits)
		}
	}
}
