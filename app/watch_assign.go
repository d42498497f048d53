package app

import (
	"context"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/consumer"
	"hindsight/drift"
	"hindsight/schemas"
)

// Assign starts the recovery of partitions; Ready adopts them.
func (s *watchStage) Assign(ctx context.Context, commits []consumer.Commit) error {
	for _, c := range commits {
		p := &watchPartition{id: c.ID, next: c.Offset, models: map[string]*drift.Watch{}}
		state := watchCommit{Judged: schemas.Beginning, Floor: c.Offset}
		if err := decodeCommit(c.Topic, c.ID, c.Metadata, &state); err != nil {
			return err
		}
		told := &progress{log: s.log, metrics: s.metrics, stage: "watch", partition: c.ID}
		s.recovering.start(ctx, c.ID, []consumer.Partition{c.Partition}, told, func(ctx context.Context) (*watchPartition, error) {
			return p, s.refold(ctx, p, state, told)
		})
	}
	return nil
}

// Ready adopts the partitions that are recovered.
func (s *watchStage) Ready() ([]consumer.Partition, error) {
	return s.recovering.finished(func(id int32, p *watchPartition) { s.parts[id] = p })
}

// Waiting implements recoveringStage.
func (s *watchStage) Waiting() string { return s.recovering.String() }

func (s *watchStage) Revoke(partitions []consumer.Partition) {
	for _, p := range partitions {
		s.recovering.stop(p.ID)
		delete(s.parts, p.ID)
	}
}

// refold reads the slices of live windows again and the memory of the alarms.
func (s *watchStage) refold(ctx context.Context, p *watchPartition, state watchCommit, told *progress) error {
	names := s.config.Topics
	memory := map[string]schemas.WatchState{}
	starts, err := offsets(ctx, s.admin.ListStartOffsets, names.WatchState)
	if err != nil {
		return err
	}
	at, err := offsets(ctx, s.admin.ListEndOffsets, names.WatchState)
	if err != nil {
		return err
	}
	if err := readSpans(ctx, s.client, []span{{names.WatchState, p.id, starts[names.WatchState][p.id], at[names.WatchState][p.id]}}, func(r *kgo.Record) error {
		var m schemas.WatchState
		if err := decodeOwn(r, schemas.WatchStateRecord, m.DecodeAvro); err != nil {
			return err
		}
		memory[m.Model] = m
		return nil
	}); err != nil {
		return err
	}
	told.begin("folding the slices again of", p.next-state.Floor)
	if err := readSpans(ctx, s.client, []span{{names.Slices, p.id, state.Floor, p.next}}, func(r *kgo.Record) error {
		told.reach(r.Offset + 1 - state.Floor)
		return s.add(p, r)
	}); err != nil {
		return err
	}
	for _, model := range slices.Sorted(maps.Keys(memory)) {
		w, err := s.watch(p, model)
		if err != nil {
			return err
		}
		if err := w.Restore(memory[model]); err != nil {
			return err
		}
		for _, m := range memory[model].Alarms {
			if m.State != schemas.Unknown {
				s.metrics.ObserveAlarm(m.Last)
			}
		}
	}
	return nil
}
