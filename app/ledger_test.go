package app

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app/config"
	"hindsight/labels"
)

// ledgerWorld is the commits of two sources of events, two of labels and two
// partitions of scores that add up.
type ledgerWorld struct {
	events, labels [2]sourceCommit
	joins          [2]joinCommit
}

func newLedgerWorld() *ledgerWorld {
	w := &ledgerWorld{}
	for p := range 2 {
		w.events[p] = sourceCommit{Read: 107, Scored: 100, DeadLetters: 7}
		w.labels[p] = sourceCommit{Read: 66, InPlace: 50, Rerouted: 10, DeadLetters: 6}
		w.joins[p].Status.Ledger = labels.Ledger{
			Scores: 90, Matched: 40, Assumed: 10, Unlabelled: 15, Repeated: 5, Pending: 20,
			Labels: 58, Used: 30, SameAgain: 6, Revision: 5, Conflict: 4, Orphan: 3, TooLate: 2, Waiting: 8,
		}
	}
	return w
}

func (w *ledgerWorld) imbalance(t *testing.T) int64 {
	t.Helper()
	cfg := &config.Config{}
	cfg.Events.Topic, cfg.Labels.Topic, cfg.Topics.Scores = "events", "labels", "scores"
	join, score := groupCommits{"labels": {}, "scores": {}}, groupCommits{"events": {}}
	commit := func(g groupCommits, topic string, p int, v any) {
		g[topic][int32(p)] = kadm.OffsetResponse{Offset: kadm.Offset{Topic: topic, Partition: int32(p), At: 1000, Metadata: encodeCommit(v)}}
	}
	for p := range 2 {
		commit(score, "events", p, w.events[p])
		commit(join, "labels", p, w.labels[p])
		commit(join, "scores", p, w.joins[p])
	}
	l, err := sumLedger(cfg, join, score)
	if err != nil {
		t.Fatal(err)
	}
	return l.Imbalance
}

// TestLedgerImbalanceShowsEveryBucket takes one record out of each bucket, and
// puts one more into it: hindsight_ledger_imbalance, which is this figure, says so.
func TestLedgerImbalanceShowsEveryBucket(t *testing.T) {
	if n := newLedgerWorld().imbalance(t); n != 0 {
		t.Fatalf("sums that add up are off by %d", n)
	}
	buckets := map[string]func(*ledgerWorld) *int64{
		"events read":        func(w *ledgerWorld) *int64 { return &w.events[0].Read },
		"events scored":      func(w *ledgerWorld) *int64 { return &w.events[0].Scored },
		"events set aside":   func(w *ledgerWorld) *int64 { return &w.events[0].DeadLetters },
		"labels read":        func(w *ledgerWorld) *int64 { return &w.labels[0].Read },
		"labels in place":    func(w *ledgerWorld) *int64 { return &w.labels[0].InPlace },
		"labels rerouted":    func(w *ledgerWorld) *int64 { return &w.labels[0].Rerouted },
		"labels set aside":   func(w *ledgerWorld) *int64 { return &w.labels[0].DeadLetters },
		"a sum in two signs": nil,
	}
	of := reflect.TypeFor[labels.Ledger]()
	for i := range of.NumField() {
		buckets[fmt.Sprint("ledger ", of.Field(i).Name)] = func(w *ledgerWorld) *int64 {
			return reflect.ValueOf(&w.joins[1].Status.Ledger).Elem().Field(i).Addr().Interface().(*int64)
		}
	}
	if len(buckets) != 8+14 {
		t.Errorf("%d buckets: a new one must be in Imbalance too", len(buckets))
	}
	for name, bucket := range buckets {
		for _, by := range []int64{-1, 1} {
			w := newLedgerWorld()
			if bucket != nil {
				*bucket(w) += by
			} else { // one partition too many, the other too few
				w.events[0].Read, w.events[1].Read = w.events[0].Read+by, w.events[1].Read-by
			}
			if n := w.imbalance(t); n == 0 {
				t.Errorf("%s is off by %+d, and the imbalance is 0", name, by)
			}
		}
	}
	w := newLedgerWorld() // JOIN has more than was ever published
	w.joins[0].Status.Ledger.Scores += 40
	w.joins[0].Status.Ledger.Pending += 40
	if n := w.imbalance(t); n != 20 {
		t.Errorf("20 scores were read that nobody published, and the imbalance is %d", n)
	}
}
