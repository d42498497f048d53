package consumer

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// copyStage forwards every record and counts per partition what it has
// committed, in the commit's metadata.
type copyStage struct {
	t       *testing.T
	counts  map[Partition]int64
	pending map[Partition]int64
	total   *atomic.Int64
	want    int64
}

func (s *copyStage) Assign(_ context.Context, commits []Commit) error {
	for _, c := range commits {
		if _, twice := s.counts[c.Partition]; twice {
			s.t.Errorf("%v assigned twice", c.Partition)
		}
		n, _ := strconv.ParseInt(c.Metadata, 10, 64)
		s.counts[c.Partition] = n
	}
	return nil
}

func (s *copyStage) Revoke(partitions []Partition) {
	for _, p := range partitions {
		delete(s.counts, p)
	}
}

func (s *copyStage) Process(_ context.Context, _ time.Time, fetches kgo.Fetches, out *Output) error {
	s.pending = map[Partition]int64{}
	fetches.EachRecord(func(r *kgo.Record) {
		if r.Attrs.IsControl() {
			return
		}
		s.pending[Partition{r.Topic, r.Partition}]++
		out.Publish(&kgo.Record{Topic: "out", Partition: r.Partition, Key: bytes.Clone(r.Key), Value: bytes.Clone(r.Value)})
	})
	for p, n := range s.pending {
		if _, mine := s.counts[p]; !mine {
			s.t.Errorf("records of %v, which is not assigned", p)
		}
		out.Commit(p.Topic, p.ID, 0, strconv.FormatInt(s.counts[p]+n, 10))
	}
	out.Done = s.total.Load() >= s.want
	return nil
}

func (s *copyStage) Committed() error {
	for p, n := range s.pending {
		s.counts[p] += n
		s.total.Add(n)
	}
	return nil
}

func (s *copyStage) Aborted() error { return nil }

func testBroker(t *testing.T, topics map[string]int32) (*kfake.Cluster, []kgo.Opt) {
	t.Helper()
	opts := []kfake.Opt{kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second)}
	for topic, n := range topics {
		opts = append(opts, kfake.SeedTopics(n, topic))
	}
	c, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, []kgo.Opt{
		kgo.SeedBrokers(c.ListenAddrs()...),
		kgo.RebalanceTimeout(5 * time.Second), kgo.HeartbeatInterval(100 * time.Millisecond),
		kgo.MetadataMinAge(50 * time.Millisecond), kgo.FetchMaxWait(100 * time.Millisecond),
	}
}

func TestEveryRecordIsCopiedOnceWhileMembersComeAndGo(t *testing.T) {
	for _, delivery := range []Delivery{ExactlyOnce, AtLeastOnce} {
		t.Run(fmt.Sprint(delivery), func(t *testing.T) {
			copyUnderChurn(t, delivery, func(s *copyStage) Stage { return s })
		})
	}
}

func copyUnderChurn(t *testing.T, delivery Delivery, member func(*copyStage) Stage) {
	const partitions, records = 8, 20_000
	_, client := testBroker(t, map[string]int32{"in": partitions, "mirror": partitions, "other": 3, "out": partitions})
	produce(t, client, "in", partitions, records)
	var total atomic.Int64
	run := func(ctx context.Context, i int) error {
		return Run(ctx, Config{
			Name: "copy", Client: client, Group: "g", TransactionalID: "copy-" + strconv.Itoa(i), Delivery: delivery,
			CommitInterval: 5 * time.Millisecond, EndTimeout: 5 * time.Second, MaxRecords: 200, Recycle: true, Lead: "in", Followers: []string{"mirror"}, Spread: []string{"other"},
			Log: slog.New(slog.DiscardHandler),
		}, member(&copyStage{t: t, counts: map[Partition]int64{}, total: &total, want: records}))
	}
	churn := rand.New(rand.NewPCG(1, 2))
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() {
			if err := run(t.Context(), i); err != nil {
				t.Error(err)
			}
		})
	}
	for i := 2; total.Load() < records; i++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(50+churn.IntN(200))*time.Millisecond)
		if err := run(ctx, i); err != nil {
			t.Error(err)
		}
		cancel()
	}
	wg.Wait()
	seen := consume(t, client, "out")
	for i := range records {
		key := strconv.Itoa(i)
		if n := seen[key]; n != 1 && (delivery == ExactlyOnce || n == 0) {
			t.Fatalf("record %s stands %d times in the output", key, n)
		}
	}
	sum := int64(0)
	adm := kadm.NewClient(newClient(t, client))
	commits, err := adm.FetchOffsets(t.Context(), "g")
	if err != nil {
		t.Fatal(err)
	}
	commits.Each(func(o kadm.OffsetResponse) {
		if o.Topic == "in" {
			n, _ := strconv.ParseInt(o.Metadata, 10, 64)
			sum += n
		}
	})
	if sum != records {
		t.Errorf("the commits' metadata count %d records, want %d", sum, records)
	}
}

func newClient(t testing.TB, opts []kgo.Opt, more ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append(append([]kgo.Opt{}, opts...), more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func produce(t *testing.T, client []kgo.Opt, topic string, partitions int32, n int) {
	t.Helper()
	cl := newClient(t, client, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	for i := range n {
		cl.Produce(t.Context(), &kgo.Record{Topic: topic, Partition: int32(i) % partitions, Key: []byte(strconv.Itoa(i)), Value: []byte("v")}, func(_ *kgo.Record, err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	if err := cl.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// consume counts the keys of a topic up to its present end, read committed.
func consume(t *testing.T, client []kgo.Opt, topic string) map[string]int {
	t.Helper()
	cl := newClient(t, client, kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(), kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	ends, err := kadm.NewClient(cl).ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	left := map[int32]int64{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = o.Offset
		}
	})
	seen := map[string]int{}
	for len(left) > 0 {
		cl.PollFetches(t.Context()).EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				seen[string(r.Key)]++
			}
			if r.Offset+1 >= left[r.Partition] {
				delete(left, r.Partition)
			}
		})
	}
	return seen
}
