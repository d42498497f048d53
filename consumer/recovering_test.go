package consumer

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// slowStage is a copyStage whose partitions are ready only after some calls of
// Ready; until then none of their records may come.
type slowStage struct {
	*copyStage
	wait func(Partition) int // calls of Ready that a partition needs; < 0: it is not ready yet, ask again
	left map[Partition]int
	met  *slowCounts
}

// slowCounts are what tests of slowStages must have met.
type slowCounts struct {
	beside  atomic.Int64 // records copied while another partition was not ready
	revoked atomic.Int64 // partitions taken away before they were ready
}

func (s *slowStage) Assign(ctx context.Context, commits []Commit) error {
	for _, c := range commits {
		s.left[c.Partition] = s.wait(c.Partition)
	}
	return s.copyStage.Assign(ctx, commits)
}

func (s *slowStage) Ready() (ready []Partition, err error) {
	for _, p := range slices.Collect(maps.Keys(s.left)) {
		if s.left[p] < 0 {
			s.left[p] = s.wait(p)
			continue
		}
		if s.left[p]--; s.left[p] < 0 {
			delete(s.left, p)
			ready = append(ready, p)
		}
	}
	return ready, nil
}

func (s *slowStage) Revoke(partitions []Partition) {
	for _, p := range partitions {
		if _, waits := s.left[p]; waits {
			s.met.revoked.Add(1)
			delete(s.left, p)
		}
	}
	s.copyStage.Revoke(partitions)
}

func (s *slowStage) Process(ctx context.Context, now time.Time, fetches kgo.Fetches, out *Output) error {
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if _, waits := s.left[Partition{p.Topic, p.Partition}]; waits && len(p.Records) > 0 {
			s.t.Errorf("%d records of %s/%d, which is not ready", len(p.Records), p.Topic, p.Partition)
		}
	})
	if len(s.left) > 0 {
		s.met.beside.Add(int64(fetches.NumRecords()))
	}
	return s.copyStage.Process(ctx, now, fetches, out)
}

// A rebalance in the middle of a restore: partitions are taken away, and given
// to others, before they are ready. No record comes early, none is lost, and no
// partition stays paused.
func TestPartitionsMoveWhileTheyRecover(t *testing.T) {
	var met slowCounts
	calls := 0
	var mu sync.Mutex
	const most = 50 // one run may pass without it
	for range most {
		copyUnderChurn(t, ExactlyOnce, func(s *copyStage) Stage {
			return &slowStage{copyStage: s, left: map[Partition]int{}, met: &met, wait: func(Partition) int {
				mu.Lock()
				defer mu.Unlock()
				calls++
				return calls % 40
			}}
		})
		if met.beside.Load() > 0 && met.revoked.Load() > 0 {
			break
		}
	}
	t.Logf("%d records copied beside a recovery, %d partitions revoked in the middle of one", met.beside.Load(), met.revoked.Load())
	if met.beside.Load() == 0 || met.revoked.Load() == 0 {
		t.Error("the test did not meet what it is about")
	}
}

// While one partition recovers for long the others are read to their ends, past
// the rebalance timeout of the group, which counts the member as alive; then
// the late one follows.
func TestOtherPartitionsGoOnBesideARecovery(t *testing.T) {
	const partitions, records = 4, 2000
	_, client := testBroker(t, map[string]int32{"in": partitions, "mirror": partitions, "out": partitions})
	client = append(client, kgo.RebalanceTimeout(time.Second), kgo.SessionTimeout(time.Second))
	produce(t, client, "in", partitions, records)
	var met slowCounts
	var total atomic.Int64
	late, others := Partition{"in", 0}, int64(records-records/partitions)
	began := time.Now()
	stage := &slowStage{copyStage: &copyStage{t: t, counts: map[Partition]int64{}, total: &total, want: records}, left: map[Partition]int{}, met: &met}
	stage.wait = func(p Partition) int {
		if p == late && (total.Load() < others || time.Since(began) < 3*time.Second) {
			return -1
		}
		return 0
	}
	err := Run(t.Context(), Config{
		Name: "copy", Client: client, Group: "g", TransactionalID: "copy", CommitInterval: 5 * time.Millisecond, EndTimeout: 5 * time.Second,
		MaxRecords: 200, Lead: "in", Followers: []string{"mirror"}, Log: slog.New(slog.DiscardHandler),
	}, stage)
	if err != nil {
		t.Fatal(err)
	}
	if met.revoked.Load() != 0 {
		t.Errorf("%d partitions were taken away from a member that recovers", met.revoked.Load())
	}
	if met.beside.Load() < others {
		t.Errorf("%d records were copied beside the recovery, want %d", met.beside.Load(), others)
	}
	for i, seen := 0, consume(t, client, "out"); i < records; i++ {
		if n := seen[strconv.Itoa(i)]; n != 1 {
			t.Fatalf("record %d stands %d times in the output", i, n)
		}
	}
}

// failingStage never becomes ready.
type failingStage struct {
	copyStage
	sessions int
}

func (s *failingStage) Ready() ([]Partition, error) {
	if len(s.counts) == 0 {
		return nil, nil
	}
	if s.sessions++; s.sessions < 3 {
		return nil, errors.New("the broker does not answer")
	}
	return nil, ErrFatal
}

// An error of a recovery replaces the session, and one that only a person can
// cure ends the run.
func TestAFailedRecoveryEndsTheSession(t *testing.T) {
	_, client := testBroker(t, map[string]int32{"in": 2, "out": 2})
	stage := &failingStage{copyStage: copyStage{t: t, counts: map[Partition]int64{}, total: new(atomic.Int64), want: 1}}
	err := Run(t.Context(), Config{
		Name: "copy", Client: client, Group: "g", TransactionalID: "copy", CommitInterval: time.Millisecond, EndTimeout: 5 * time.Second,
		MaxRecords: 200, Lead: "in", Log: slog.New(slog.DiscardHandler),
	}, stage)
	if !errors.Is(err, ErrFatal) || stage.sessions != 3 {
		t.Errorf("%d sessions, then %v", stage.sessions, err)
	}
}
