package app

import (
	"context"
	"strings"
	"time"

	"hindsight/app/config"
	"hindsight/app/memory"
	"hindsight/consumer"
	"hindsight/drift"
	"hindsight/drift/alarm"
	"hindsight/labels"
	"hindsight/labels/store"
	"hindsight/schemas"
)

func (a *App) runScore(ctx context.Context) error {
	stage, err := newScoreStage(a.config, a.bundle, a.lookup(), a.framings[schemas.ScoreRecord], a.top, a.metrics)
	if err != nil {
		return err
	}
	stage.ends, stage.most = a.ends, a.sizes.score(a.config.Topics)
	member := a.member(config.StageScore, a.config.Events.Topic)
	member.Recycle = true
	member.Outputs = []string{a.config.Topics.Scores, a.config.Topics.DeadLetters}
	return consumer.Run(ctx, member, a.ready.attend("score", stage))
}

func (a *App) runJoin(ctx context.Context, s *store.Pebble) error {
	reader, err := newReader(a.config.Labels.Wire, a.config.Labels.Schema, a.lookup(), labelFields(a.config.Labels))
	if err != nil {
		return err
	}
	place, err := consumer.PartitionerNamed(a.config.Scores.Partitioner)
	if err != nil {
		return err
	}
	joinConfig, err := newJoinConfig(a.config, a.top, a.budget)
	if err != nil {
		return err
	}
	stage := &joinStage{
		labelReader: &labelReader{config: a.config, reader: reader, row: schemas.NewRow(labelFields(a.config.Labels))},
		config:      a.config, log: a.log, store: s, place: place, sizes: a.sizes,
		top: a.top, speed: a.options.Speed, metrics: a.metrics,
		clocks: &clockReader{config: a.config, admin: a.admin, top: a.top, ends: a.ends, guard: &guard{a.admin, a.top}, quiet: map[sourceID]quiet{}},
		publish: &joinPublisher{
			topics: a.config.Topics, top: a.top, ends: map[int32]int64{}, classes: map[string]int{},
			outcomeFraming: a.framings[schemas.OutcomeRecord], sliceFraming: a.framings[schemas.SliceRecord],
		},
		recovering: newRecoveries[*joinPartition](), parts: map[int32]*joinPartition{}, feeds: map[int32]*labelFeed{}, synced: time.Now(),
		most: a.budget.Outcomes, mostBytes: a.budget.StateBatch,
	}
	stage.space = newSpace(a.log, a.config.State.Dir, s.Free, uint64(a.budget.StateMemory))
	stage.recover = &recovery{config: a.config, client: a.base, admin: a.admin, log: a.log, join: joinConfig, stage: stage}
	names := a.config.Topics
	member := a.member(config.StageJoin, names.Scores)
	member.Outputs = []string{names.Outcomes, names.LabelsRerouted, names.Slices, names.DeadLetters}
	member.Followers = []string{a.config.Topics.LabelsRerouted}
	if stage.coPartitioned() {
		member.Followers = append(member.Followers, a.config.Labels.Topic)
	} else {
		member.Spread = []string{a.config.Labels.Topic}
	}
	return consumer.Run(ctx, member, a.ready.attend("join", storedStage{stage}))
}

func (a *App) runWatch(ctx context.Context) error {
	stage := &watchStage{
		config: a.config, client: a.base, admin: a.admin, top: a.top, drift: newDriftConfig(a.config), ends: a.ends, metrics: a.metrics,
		framing: watchFraming{
			window: a.framings[schemas.WindowRecord], alarm: a.framings[schemas.AlarmRecord], state: a.framings[schemas.WatchStateRecord],
		},
		recovering: newRecoveries[*watchPartition](), parts: map[int32]*watchPartition{}, log: a.log,
	}
	names := a.config.Topics
	member := a.member(config.StageWatch, names.Slices)
	member.Outputs = []string{names.Windows, names.Alarms, names.WatchState}
	return consumer.Run(ctx, member, a.ready.attend("watch", stage))
}

// newJoinConfig translates the configuration for the join.
func newJoinConfig(cfg *config.Config, top topology, budget memory.Budget) (labels.Config, error) {
	specs := windowSpecs(cfg.Watch.Windows)
	event, err := drift.Width(specs, schemas.EventClock, cfg.Watch.Slice)
	if err != nil {
		return labels.Config{}, err
	}
	label, err := drift.Width(specs, schemas.LabelClock, cfg.Watch.Slice)
	if err != nil {
		return labels.Config{}, err
	}
	var models []string // their slices close although a partition never sees a score
	if name, _, ok := strings.Cut(cfg.Model.Champion, "@"); ok {
		models = []string{name}
	}
	return labels.Config{
		EventsTopic: cfg.Events.Topic, ScoresTopic: cfg.Topics.Scores, EventWidth: event, LabelWidth: label, BatchBytes: budget.StateBatch, BatchCount: budget.Outcomes,
		Identity: top.identity, Models: models,
	}, nil
}

// joinSettings are the settings that decide, as they are logged.
func joinSettings(cfg *config.Config) labels.Settings {
	policies := map[string]labels.Policy{config.Latest: labels.Latest, config.First: labels.First, config.Majority: labels.Majority}
	s := labels.Settings{
		Tick: cfg.Watch.Tick, Horizon: cfg.Labels.Horizon, Grace: cfg.Labels.Grace, Early: cfg.Labels.Early,
		Conflict: policies[cfg.Labels.Conflict], EventsClock: cfg.Events.Clock, LabelsClock: cfg.Labels.Clock,
	}
	if cfg.Labels.Missing.Assumed {
		s.Missing = schemas.Canonical(cfg.Labels.Missing.Class)
	}
	return s
}

func windowSpecs(windows []config.Window) []drift.WindowSpec {
	clocks := map[string]schemas.Clock{config.EventClock: schemas.EventClock, config.LabelClock: schemas.LabelClock}
	var specs []drift.WindowSpec
	for _, w := range windows {
		specs = append(specs, drift.WindowSpec{Name: w.Name, Size: w.Size, Slide: w.Slide, Clock: clocks[w.Clock]})
	}
	return specs
}

func newDriftConfig(cfg *config.Config) drift.Config {
	c := drift.Config{
		Tick: cfg.Watch.Tick, Horizon: cfg.Labels.Horizon, Grace: cfg.Labels.Grace,
		Windows: windowSpecs(cfg.Watch.Windows), Metrics: cfg.Watch.Metrics,
	}
	for _, r := range cfg.Watch.Alarms {
		whole := []string{""}
		c.Rules = append(c.Rules, alarm.Rule{
			Name: r.Name, Metric: r.Metric, Window: r.Window, Segments: append(whole, r.Segments...), Below: r.Below, Above: r.Above, Clear: r.Clear,
			MinLabels: r.MinLabels, MinCoverage: r.MinCoverage, Confidence: r.Confidence, Hold: r.Hold, Severity: r.Severity,
		})
	}
	return c
}
