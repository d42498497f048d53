package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"hindsight/consumer"
)

// Assign takes note of partitions and starts their recovery; Ready adopts them.
func (s *joinStage) Assign(ctx context.Context, commits []consumer.Commit) error {
	names := s.config.Topics
	byPartition := map[int32]*assignment{}
	for _, c := range commits {
		if err := s.top.within(c.Topic, c.ID); err != nil {
			return err
		}
		if c.Topic == s.config.Labels.Topic {
			f := &labelFeed{id: c.ID, next: c.Offset + c.Lost, lost: c.Lost, committed: newSourceCommit()}
			if err := decodeCommit(c.Topic, c.ID, c.Metadata, &f.committed); err != nil {
				return err
			}
			if len(f.committed.Marks) == 0 {
				f.committed.Marks = []clockMark{{c.Offset, f.committed.Clock}}
			}
			f.staged, f.stagedAt = f.committed, f.next
			s.feeds[c.ID] = f
			if !s.coPartitioned() {
				s.unpaused = append(s.unpaused, c.Partition)
				continue
			}
		}
		a := byPartition[c.ID]
		if a == nil {
			a = &assignment{id: c.ID, scores: -1, rerouted: -1, labels: -1}
			byPartition[c.ID] = a
		}
		a.paused = append(a.paused, c.Partition)
		switch c.Topic {
		case names.Scores:
			a.scores, a.lost, a.metadata = c.Offset, c.Lost, c.Metadata
		case names.LabelsRerouted:
			a.rerouted, a.source = c.Offset, c.Metadata
		case s.config.Labels.Topic:
			a.labels, a.feed = c.Offset, s.feeds[c.ID].committed
		}
	}
	ends, err := offsets(ctx, s.clocks.admin.ListEndOffsets, names.Outcomes)
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(byPartition)) {
		s.publish.ends[id] = ends[names.Outcomes][id]
		a := *byPartition[id]
		if a.scores < 0 || a.rerouted < 0 {
			return fmt.Errorf("partition %d of %s came without its mirror: another assignor is in the group", id, names.Scores)
		}
		p := &progress{log: s.log, metrics: s.metrics, stage: "join", partition: id}
		s.recovering.start(ctx, id, a.paused, p, func(ctx context.Context) (*joinPartition, error) {
			join, err := s.recover.run(ctx, s.store, a, p)
			if err != nil {
				return nil, err
			}
			part := &joinPartition{id: id, join: join, scores: a.scores, rerouted: a.rerouted, gate: join.Begun()}
			if s.config.Scores.Foreign() {
				part.source, err = newForeignSource(a)
				part.scores += a.lost
			}
			return part, err
		})
	}
	return nil
}

// Ready adopts the partitions that are recovered.
func (s *joinStage) Ready() ([]consumer.Partition, error) {
	resume, err := s.recovering.finished(func(id int32, p *joinPartition) {
		p.carried, p.seen = time.Now(), map[sourceID]int64{}
		s.parts[id] = p
	})
	if len(resume) > 0 {
		s.measure()
	}
	resume = append(resume, s.unpaused...)
	s.unpaused = nil
	return resume, err
}

// Waiting implements recoveringStage.
func (s *joinStage) Waiting() string {
	if reason := s.space.lack(); reason != "" {
		return reason
	}
	return s.recovering.String()
}

// Pause implements consumer.Pausing.
func (s *joinStage) Pause() bool { return s.space.lack() != "" }

// Revoke drops partitions. A recovery in progress ends first; what it has
// written is begun again by whoever is assigned the partition here next.
func (s *joinStage) Revoke(partitions []consumer.Partition) {
	for _, p := range partitions {
		switch p.Topic {
		case s.config.Topics.Scores:
			s.recovering.stop(p.ID)
			delete(s.parts, p.ID)
		case s.config.Labels.Topic:
			delete(s.feeds, p.ID)
		}
	}
	s.unpaused = slices.DeleteFunc(s.unpaused, func(p consumer.Partition) bool { return slices.Contains(partitions, p) })
}
