package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/kafka"
	"hindsight/dashboard"
	"hindsight/drift/alarm"
	"hindsight/schemas"
)

// View is a picture of the whole system, whoever runs its stages: it follows
// the topics of windows and alarms and reads the ledger from the commits.
type View struct {
	app *App

	mu         sync.Mutex
	snapshot   dashboard.Snapshot
	judgements *judgements
	stall      stall
	lagged     time.Time
	refreshed  time.Time // when the commits were read last
	done       bool
	changed    bool // the judgements, since the last picture
}

// How often the picture is made anew, and the lag is measured.
const (
	viewEvery = 500 * time.Millisecond
	lagEvery  = 5 * time.Second

	// silentAfter is how old the picture may be: while no broker answers, it stands still.
	silentAfter = 10 * time.Second
)

func newView(a *App) *View {
	v := &View{app: a, refreshed: time.Now(), judgements: newJudgements(), stall: stall{after: max(5*time.Minute, 3*a.config.Watch.Tick)}}
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
			Name: r.Name, Metric: r.Metric, Window: r.Window, Severity: r.Severity, Bound: bound, Below: below, MinCoverage: r.MinCoverage, Clear: bound, Segments: r.Segments,
		}
		if r.Clear != nil {
			rule.Clear = *r.Clear
		}
		switch r.Feed {
		case config.FeedSilent:
			rule.Metric, rule.Bound, rule.Clear, rule.MinCoverage = alarm.Measure, r.For.Seconds(), r.For.Seconds(), 0
		case config.FeedCoverage, config.FeedSlow, config.FeedOrphans, config.FeedConflicts:
			rule.Metric, rule.MinCoverage = alarm.Figure(r.Feed), 0
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
	if silent := time.Since(v.refreshed); v.app.stopping.Load() {
		s.Ready, s.ReadyReason = false, "stopping"
	} else if silent > silentAfter {
		s.Ready, s.ReadyReason = false, fmt.Sprintf("kafka has not answered for %v", silent.Truncate(time.Second))
	}
	s.WallSeconds = time.Since(v.app.started).Seconds()
	return s
}

// run follows until ctx ends.
func (v *View) run(ctx context.Context) {
	topics := v.app.config.Topics
	cl, err := kgo.NewClient(append(append([]kgo.Opt{}, v.app.base...), kgo.ClientID("hindsight-view"),
		kgo.ConsumeTopics(topics.Windows, topics.Alarms), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(viewEvery),
		kgo.WithHooks(kafka.BoundFetches(readBytes)))...)
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
			v.changed = true
			if err := v.judgements.read(topics, r); err != nil {
				v.app.log.Warn("the view passes over a record", "error", err)
			}
		})
		v.mu.Unlock()
		v.refresh(ctx)
		if err := v.lag(ctx); err != nil && ctx.Err() == nil {
			v.app.log.Warn("the lag is not known", "error", err)
		}
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
	v.refreshed = time.Now()
	s.ReadyReason = a.ready.reason()
	s.Ready, s.Done = s.ReadyReason == "", v.done
	s.Events, s.Scores, s.DeadLetters, s.LabelsRead = ledger.Events, ledger.Scores, ledger.EventDeadLetters, ledger.LabelsRead
	s.Labels, s.Outcomes = ledger.Labels, ledger.Outcomes
	if v.changed {
		s.Windows, s.Alarms = v.judgements.sorted()
		v.changed = false
	}
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
	if s.Stalled = ""; !v.done {
		s.Stalled = v.stall.observe(time.Now(), s.StreamTime, ledger.sources)
	}
	a.metrics.SetStalled(s.Stalled)
	a.metrics.SetLedgerImbalance(ledger.Imbalance)
}

// lag measures how far behind the stages of this process are, now and then.
func (v *View) lag(ctx context.Context) error {
	a := v.app
	if time.Since(v.lagged) < lagEvery {
		return nil
	}
	v.lagged = time.Now()
	inputs := map[config.Stage][]string{
		config.StageScore: {a.config.Events.Topic},
		config.StageJoin:  {a.config.Topics.Scores, a.config.Labels.Topic, a.config.Topics.LabelsRerouted},
		config.StageWatch: {a.config.Topics.Slices},
	}
	for _, stage := range a.options.Stages {
		commits, err := fetchCommits(ctx, a.admin, a.config.Kafka.StageGroup(stage))
		if err != nil {
			return err
		}
		starts, err := offsets(ctx, a.admin.ListStartOffsets, inputs[stage]...)
		if err != nil {
			return err
		}
		at, err := offsets(ctx, a.admin.ListEndOffsets, inputs[stage]...)
		if err != nil {
			return err
		}
		for topic, partitions := range at {
			for p, end := range partitions {
				a.metrics.SetLag(topic, p, max(0, end-max(commits.offset(topic, p), starts[topic][p])))
			}
		}
	}
	return nil
}

// finish takes the last picture.
func (v *View) finish(ctx context.Context, done bool) {
	v.mu.Lock()
	v.done = done
	v.mu.Unlock()
	v.refresh(ctx)
}
