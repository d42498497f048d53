package app

import (
	"context"
	"time"

	"hindsight/app/config"
	"hindsight/app/memory"
	"hindsight/app/rules"
	"hindsight/consumer"
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
	reader, err := newLabelReader(a.config, a.lookup())
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
	scores, err := newScoreReader(a.config, a.lookup())
	if err != nil {
		return err
	}
	stage := &joinStage{
		scores:      scores,
		labelReader: reader,
		config:      a.config, log: a.log, store: s, place: place, sizes: a.sizes,
		top: a.top, speed: a.options.Speed, metrics: a.metrics,
		clocks: &clockReader{config: a.config, admin: a.admin, top: a.top, ends: a.ends, guard: &guard{a.admin, a.top}, quiet: map[sourceID]quiet{}},
		publish: &joinPublisher{
			topics: a.config.Topics, top: a.top, ends: map[int32]int64{}, classes: map[string]int{}, scoreClasses: map[string]int{},
			outcomeFraming: a.framings[schemas.OutcomeRecord], sliceFraming: a.framings[schemas.SliceRecord],
		},
		recovering: newRecoveries[*joinPartition](), crashes: newCrashes(), parts: map[int32]*joinPartition{}, feeds: map[int32]*labelFeed{}, synced: time.Now(),
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
		config: a.config, client: a.base, admin: a.admin, top: a.top, drift: rules.Watch(a.config), ends: a.ends, metrics: a.metrics,
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

// newJoinConfig is what the join is told, with what only the running program knows.
func newJoinConfig(cfg *config.Config, top topology, budget memory.Budget) (labels.Config, error) {
	c, err := rules.Join(cfg)
	c.Identity, c.BatchBytes, c.BatchCount = top.identity, budget.StateBatch, budget.Outcomes
	return c, err
}
