package app

import (
	"context"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/dashboard"
	"hindsight/schemas"
)

// View is a picture of the whole system, whoever runs its stages: it follows
// the topics of windows and alarms and reads the ledger from the commits.
type View struct {
	app *App

	mu         sync.Mutex
	snapshot   dashboard.Snapshot
	judgements *judgements
	ended      map[sourceID]bool
	done       bool
	err        error
}

// viewEvery is how often the picture is made anew.
const viewEvery = 250 * time.Millisecond

func newView(a *App) *View {
	v := &View{app: a, judgements: newJudgements()}
	v.snapshot = dashboard.Snapshot{
		Title: a.options.Title, Speed: a.options.Speed, StreamTime: schemas.Beginning,
		Labels: map[string]int64{}, Outcomes: map[string]int64{}, ReadyReason: "starting",
	}
	if a.bundle != nil {
		v.snapshot.Model, v.snapshot.Version = a.bundle.Name, a.bundle.Version
	}
	for _, r := range a.config.Watch.Alarms {
		bound, below := r.Bound()
		rule := dashboard.Rule{
			Name: r.Name, Metric: r.Metric, Window: r.Window, Severity: r.Severity, Bound: bound, Below: below, Clear: bound, Segments: r.Segments,
		}
		if r.Clear != nil {
			rule.Clear = *r.Clear
		}
		v.snapshot.Rules = append(v.snapshot.Rules, rule)
	}
	return v
}

// Snapshot returns the newest picture; nobody changes it any more.
func (v *View) Snapshot() dashboard.Snapshot {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.snapshot
	s.WallSeconds = time.Since(v.app.started).Seconds()
	return s
}

// run follows until ctx ends.
func (v *View) run(ctx context.Context) {
	topics := v.app.config.Topics
	cl, err := kgo.NewClient(append(append([]kgo.Opt{}, v.app.base...), kgo.ClientID("hindsight-view"),
		kgo.ConsumeTopics(topics.Windows, topics.Alarms), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(viewEvery))...)
	if err != nil {
		v.app.log.Error("the view cannot follow its topics", "error", err)
		return
	}
	defer cl.Close()
	for ctx.Err() == nil {
		poll, cancel := context.WithTimeout(ctx, viewEvery)
		fetches := cl.PollFetches(poll)
		cancel()
		v.mu.Lock()
		fetches.EachRecord(func(r *kgo.Record) {
			if err := v.judgements.read(topics, r); err != nil {
				v.app.log.Warn("the view passes over a record", "error", err)
			}
		})
		v.mu.Unlock()
		v.refresh(ctx)
	}
}

// refresh makes the picture anew from the ledger and what was followed.
func (v *View) refresh(ctx context.Context) {
	a := v.app
	ledger, err := ReadLedger(ctx, a.admin, a.config)
	if ctx.Err() != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err != nil {
		v.snapshot.Ready, v.snapshot.ReadyReason = false, err.Error()
		return
	}
	s := &v.snapshot
	s.Ready, s.ReadyReason = true, ""
	s.Done = v.done
	s.Events, s.Scores, s.DeadLetters, s.LabelsRead = ledger.Events, ledger.Scores, ledger.EventDeadLetters, ledger.LabelsRead
	s.Labels, s.Outcomes = ledger.Labels, ledger.Outcomes
	s.Windows, s.Alarms = v.judgements.sorted()
	s.Sources, s.Partitions = nil, nil
	for _, src := range ledger.sources {
		s.Sources = append(s.Sources, dashboard.Source{Topic: src.id.topic, Partition: src.id.partition, Clock: src.clock})
	}
	closed := schemas.Forever
	for _, p := range ledger.partitions {
		s.Partitions = append(s.Partitions, dashboard.Partition{Partition: p.id, ClosedTick: p.closed})
		closed = min(closed, p.closed)
	}
	if len(ledger.partitions) > 0 {
		s.StreamTime = closed
	}
	a.metrics.SetLedgerImbalance(ledger.Imbalance)
}

// finish takes the last picture.
func (v *View) finish(ctx context.Context, done bool) {
	v.mu.Lock()
	v.done = done
	v.mu.Unlock()
	v.refresh(ctx)
}
