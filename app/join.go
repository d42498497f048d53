package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/rules"
	"hindsight/app/telemetry"
	"hindsight/consumer"
	"hindsight/labels"
	"hindsight/labels/store"
	"hindsight/schemas"
)

// joinStage joins labels to scores. What one transaction does to the state is
// staged in a batch, committed in Kafka, and only then applied to the store.
type joinStage struct {
	*labelReader
	config  *config.Config
	log     *slog.Logger
	store   joinStore
	place   consumer.Partitioner
	sizes   sizes
	scores  *ScoreReader
	top     topology
	clocks  *clockReader
	speed   float64 // seconds of stream time per second while all sources idle
	recover *recovery
	space   *space // on the disk of the store
	publish *joinPublisher
	metrics *telemetry.Metrics

	recovering *recoveries[*joinPartition]
	unpaused   []consumer.Partition // assigned, and in need of no recovery
	crashes    *crashes
	parts      map[int32]*joinPartition // recovered
	feeds      map[int32]*labelFeed
	batch      store.Batch
	score      schemas.Score // the one that is read
	synced     time.Time

	most, mostBytes int  // outcomes and bytes of state in one transaction; 0: any
	turn            int  // which partition decides first
	more            bool // one of them has more to decide
}

// joinStore is where JOIN keeps its state: on disk, or in memory in tests.
type joinStore interface {
	store.Store
	Bytes() uint64 // on disk
}

// joinPartition is one partition of scores with its rerouted labels.
type joinPartition struct {
	id       int32
	join     *labels.Join
	scores   int64 // next offset
	rerouted int64
	pending  *sample         // read, but its ends are not reached yet
	gate     schemas.Instant // up to here ticks may close
	last     bool            // no later gate will come
	ended    bool
	carried  time.Time          // until when all-idle time has been carried on
	source   *foreignSource     // nil: the scores are ours
	seen     map[sourceID]int64 // next offset of each source that showed this partition a record
	logging  bool               // settings are logged and not read back yet
	logged   bool               // logging, as of the last commit: an abort does not take back what was committed before
	touched  bool
}

// labelFeed is one partition of labels that this member reads.
type labelFeed struct {
	id        int32
	next      int64
	committed sourceCommit
	staged    sourceCommit
	stagedAt  int64
	lost      int64 // labels before next that were deleted before they were read
	touched   bool
}

func (s *joinStage) coPartitioned() bool { return s.top.labels == s.top.scores }

// Process reads what came, then closes every tick that the clocks allow.
func (s *joinStage) Process(ctx context.Context, now time.Time, fetches kgo.Fetches, out *consumer.Output) error {
	s.batch = s.store.Begin()
	s.publish.reset()
	s.settings()
	s.adoptLosses()
	lookups, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	var fault error
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if fault != nil || len(p.Records) == 0 {
			return
		}
		switch p.Topic {
		case s.config.Topics.Scores:
			if s.config.Scores.Foreign() {
				fault = s.readForeignScores(lookups, now, p.Partition, p.Records, out)
				return
			}
			fault = s.readScores(p.Partition, p.Records)
		case s.config.Topics.LabelsRerouted:
			fault = s.readReroutedLabels(lookups, p.Partition, p.Records, out)
		case s.config.Labels.Topic:
			fault = s.readLabels(lookups, now, p.Partition, p.Records, out)
		}
	})
	if fault != nil {
		return fault
	}
	if err := s.advance(ctx, now); err != nil {
		return err
	}
	return s.stage(ctx, out)
}

func (s *joinStage) ordered() []*joinPartition {
	return slices.SortedFunc(maps.Values(s.parts), func(a, b *joinPartition) int { return cmp.Compare(a.id, b.id) })
}

// settings logs the configuration where a partition still works by another. It
// is in force once it is read back; until then no tick closes.
func (s *joinStage) settings() {
	for _, p := range s.ordered() {
		if p.logging {
			continue
		}
		want := rules.Settings(s.config)
		if want.From = p.join.Begun(); !p.join.Follows(want) {
			s.publish.decision(p.id, reroutedSettings, want)
			p.logging, p.touched = true, true
		}
	}
}

// adoptLosses commits the positions behind labels that were lost, before any
// state is saved that stands there.
func (s *joinStage) adoptLosses() {
	for _, f := range s.feeds {
		if f.lost > 0 && (!s.coPartitioned() || s.parts[f.id] != nil) {
			f.staged.Lost += f.lost
			f.touched = true
		}
	}
	for _, p := range s.parts {
		if p.source != nil && p.source.lost > 0 {
			p.source.staged.Lost = p.source.committed.Lost + p.source.lost
			p.touched = true
		}
	}
}

// stage saves what was touched and hands the outputs over.
func (s *joinStage) stage(ctx context.Context, out *consumer.Output) error {
	for _, p := range s.ordered() {
		if !p.touched {
			continue
		}
		p.join.SetOffsets(s.offsetsOf(p))
		if err := p.join.Save(s.batch); err != nil {
			return err
		}
		state := joinCommit{Status: p.join.Status(), Topics: s.top.of(joinDepends...)}
		source := s.commitForeign(p, state.Status)
		if p.ended {
			state.EndedAt = s.clocks.ends.total() + 1
		}
		out.Commit(s.config.Topics.Scores, p.id, p.scores, encodeCommit(state))
		out.Commit(s.config.Topics.LabelsRerouted, p.id, p.rerouted, source)
	}
	for _, f := range s.feeds {
		if f.touched {
			floor := f.stagedAt
			if p := s.parts[f.id]; p != nil && s.coPartitioned() {
				floor = min(floor, p.join.Status().Floors.Labels)
			}
			f.staged.Topics = s.top.of(labelsDepends...)
			f.staged.forget(floor)
			out.Commit(s.config.Labels.Topic, f.id, f.stagedAt, encodeCommit(f.staged))
		}
	}
	s.publish.flush(out)
	out.More = s.more
	if s.clocks.ends != nil && len(out.Records) == 0 && len(out.Commits) == 0 {
		done, err := s.allEnded(ctx)
		if err != nil {
			return err
		}
		out.Done = done
	}
	return nil
}

// coarse is how far apart marks of a clock are.
func (s *joinStage) coarse() time.Duration {
	return (s.config.Labels.Longest() + s.config.Labels.Grace + s.config.Labels.Early) / (maxMarks / 2)
}

// offsetsOf are the next offsets of what the state of a partition has taken in.
func (s *joinStage) offsetsOf(p *joinPartition) labels.Offsets {
	o := labels.Offsets{Scores: p.scores, Rerouted: p.rerouted, Outcomes: s.publish.outcomesEnd(p.id)}
	if f := s.feeds[p.id]; f != nil && s.coPartitioned() {
		o.Labels = f.stagedAt
	}
	return o
}

func (s *joinStage) Committed() error {
	if err := s.batch.Commit(); err != nil {
		return fmt.Errorf("%w: state of JOIN: %w", consumer.ErrFatal, err)
	}
	for _, p := range s.parts {
		if p.source != nil && p.touched {
			s.countScores(p)
		}
		p.touched, p.logged = false, p.logging
	}
	s.measure()
	for _, f := range s.feeds {
		if f.touched {
			dead := f.staged.DeadLetters - f.committed.DeadLetters
			s.metrics.CountEvents("join", "ok", int(f.staged.Read-f.committed.Read-dead))
			s.metrics.CountEvents("join", "dead_letter", int(dead))
			s.metrics.CountEvents("join", "lost", int(f.lost))
			f.lost = 0
		}
		f.committed, f.next, f.touched = f.staged, f.stagedAt, false
		s.metrics.SetClock(s.config.Labels.Topic, f.id, f.committed.Clock)
	}
	for i := range s.publish.notes {
		s.metrics.ObserveOutcome(&s.publish.notes[i])
	}
	for class, n := range s.publish.classes {
		s.metrics.CountDeadLetters("join", class, n)
		s.metrics.CountLabels(schemas.DeadLettered, n)
	}
	for class, n := range s.publish.scoreClasses {
		s.metrics.CountDeadLetters("join", class, n)
	}
	if time.Since(s.synced) < time.Second {
		return nil
	}
	s.synced = time.Now()
	s.metrics.SetStateBytes(int64(s.store.Bytes()))
	return s.store.Sync()
}

// measure tells the metrics how the partitions stand.
func (s *joinStage) measure() {
	var pending int64
	for _, p := range s.parts {
		status := p.join.Status()
		pending += status.Ledger.Pending
		s.metrics.SetClosedTick(p.id, status.Closed)
	}
	s.metrics.SetPending(pending)
}

func (s *joinStage) Aborted() error {
	if err := s.batch.Discard(); err != nil {
		return err
	}
	for _, f := range s.feeds {
		f.staged, f.stagedAt, f.touched = f.committed, f.next, false
	}
	for _, p := range s.parts {
		p.logging = p.logged
		if !p.touched {
			continue
		}
		join, err := s.recover.open(s.store, p.id)
		if err != nil {
			return err
		}
		at := join.Offsets()
		p.join, p.scores, p.rerouted, p.pending, p.touched = join, at.Scores, at.Rerouted, nil, false
		if p.source != nil {
			p.source.staged, p.scores = p.source.committed, max(p.scores, p.source.begins)
		}
		p.gate, p.last, p.ended = join.Begun(), false, false
	}
	return nil
}
