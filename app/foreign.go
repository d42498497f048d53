package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/rules"
	"hindsight/consumer"
	"hindsight/labels"
	"hindsight/schemas"
)

// foreignSource is one partition of somebody else's scores, as a source of time:
// what a partition of events is to SCORE. Its commit is the metadata of
// labels-rerouted-p, because that of scores-p holds what JOIN commits.
type foreignSource struct {
	committed sourceCommit
	staged    sourceCommit
	begins    int64 // where reading began
	lost      int64 // scores before begins that were deleted before they were read
}

// newForeignSource begins where the group has committed scores.
func newForeignSource(a assignment) (*foreignSource, error) {
	f := &foreignSource{committed: newSourceCommit(), begins: a.scores + a.lost, lost: a.lost}
	if err := decodeCommit("labels_rerouted", a.id, a.source, &f.committed); err != nil {
		return nil, err
	}
	if len(f.committed.Marks) == 0 {
		f.committed.Marks = []clockMark{{a.scores, f.committed.Clock}}
	}
	f.staged = f.committed
	return f, nil
}

// foreign gives visit the commit of each partition of somebody else's scores.
func (g groupCommits) foreign(scores, rerouted string, visit func(sourceID, sourceCommit)) error {
	return g.sources(rerouted, func(id sourceID, c sourceCommit) { visit(sourceID{scores, id.partition}, c) })
}

// readForeignScores takes in scores that another program wrote: it does for
// them what SCORE does for events and for its own scores.
func (s *joinStage) readForeignScores(ctx context.Context, now time.Time, id int32, records []*kgo.Record, out *consumer.Output) error {
	p := s.parts[id]
	if p == nil {
		return notHeld(s.config.Topics.Scores, id)
	}
	wall := schemas.InstantOf(now)
	src, coarse := &p.source.staged, s.coarse()
	for _, r := range records {
		p.scores, p.touched = r.Offset+1, true
		if r.Attrs.IsControl() {
			continue
		}
		if n, ok := consumer.Skipped(r); ok {
			p.scores = r.Offset + n
			src.Read += n
			src.DeadLetters += n
			s.publish.deadScore(r, n, consumer.TooLarge("join", n))
			continue
		}
		score, fault, err := s.scores.foreign(ctx, r)
		if errors.Is(err, schemas.ErrUnavailable) {
			p.scores = r.Offset
			out.Hold(r.Topic, r.Partition, r.Offset, err)
			return nil
		}
		src.Read++
		if err != nil {
			return fmt.Errorf("%s/%d offset %d: %w", r.Topic, r.Partition, r.Offset, err)
		}
		if fault == nil {
			fault = s.scores.misplaced(r, score.EventID, s.top.scores)
		}
		if fault == nil {
			fault = rules.CheckScoreStamp(s.config, s.scores.stamp(r, score), wall)
		}
		if fault == nil {
			fault = s.crashes.changed(r)
		}
		if err := s.crashes.note(r, fault); err != nil {
			return err
		}
		if fault != nil {
			src.setAside(r.Offset)
			fault.Stage = "join"
			s.publish.deadScore(r, 1, *fault)
			continue
		}
		src.Scored++
		src.move(r.Offset, s.scores.stamp(r, score), coarse)
		score.Arrival = src.Clock
		if err := s.crashes.changing(r, func() error { return p.join.AddScore(s.batch, score, r.Offset) }); err != nil {
			return err
		}
		p.seen[sourceID{r.Topic, id}] = r.Offset + 1
	}
	return nil
}

// commitForeign is the metadata of labels-rerouted-p.
func (s *joinStage) commitForeign(p *joinPartition, status labels.Status) string {
	if p.source == nil {
		return ""
	}
	p.source.staged.forget(status.Floors.Scores)
	return encodeCommit(p.source.staged)
}

// foreignScores adds those of somebody else's scores that were taken in when
// they were read first, with the arrivals that they had then.
func (f *fold) foreignScores(ctx context.Context, p *pieces, from int64) error {
	if from >= f.a.scores {
		return nil
	}
	source, err := newForeignSource(f.a)
	if err != nil {
		return err
	}
	mark, known := source.committed.before(from)
	if !known {
		return fmt.Errorf("%w: the commits do not tell the clock of %s/%d at offset %d", consumer.ErrFatal, f.config.Topics.Scores, f.a.id, from)
	}
	if source.committed.Aside, err = f.aside(ctx, sourceID{f.config.Topics.Scores, f.a.id}, mark.Offset, &source.committed); err != nil {
		return err
	}
	reader := f.stage.scores.another()
	clock := mark.Clock
	return f.read(ctx, span{f.config.Topics.Scores, f.a.id, mark.Offset, f.a.scores}, func(r *kgo.Record) error {
		score, err := source.again(ctx, reader, r, f.stage.top.scores, &clock)
		if err != nil || score == nil || r.Offset < from {
			return err
		}
		return p.add(p.join.AddScore(p.batch, score, r.Offset))
	})
}

// again reads a score that was read before, nil where it was set aside then. The
// clock stands before it, and is moved.
func (f *foreignSource) again(ctx context.Context, reader *ScoreReader, r *kgo.Record, partitions int32, clock *schemas.Instant) (*schemas.Score, error) {
	if wasSetAside(f.committed.Aside, r.Offset) {
		return nil, nil
	}
	score, fault, err := reader.foreign(ctx, r)
	if err != nil || fault != nil || reader.misplaced(r, score.EventID, partitions) != nil {
		return nil, err
	}
	stamp := reader.stamp(r, score)
	if stamp > f.committed.Clock {
		return nil, nil // the clock never came there: it was quarantined as a future stamp
	}
	*clock = max(*clock, stamp)
	score.Arrival = *clock
	return score, nil
}

// countScores tells the metrics what became of a partition's scores.
func (s *joinStage) countScores(p *joinPartition) {
	f := p.source
	s.metrics.CountEvents("join", "ok", int(f.staged.Scored-f.committed.Scored))
	s.metrics.CountEvents("join", "dead_letter", int(f.staged.DeadLetters-f.committed.DeadLetters))
	s.metrics.CountEvents("join", "lost", int(f.staged.Lost-f.committed.Lost))
	s.metrics.SetClock(s.config.Topics.Scores, p.id, f.staged.Clock)
	f.committed, f.lost = f.staged, 0
}
