package app

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/app/config"
	"hindsight/app/telemetry"
	"hindsight/consumer"
	"hindsight/schemas"
	"hindsight/scoring"
)

// scoreStage turns events into scores. It keeps nothing but the clock and the
// counts of each source, which travel with its commits.
type scoreStage struct {
	config  *config.Config
	bundle  *scoring.Bundle
	reader  *schemas.Reader
	fields  eventFields
	framing []byte
	place   consumer.Partitioner
	top     topology
	depends map[string]string // for commits
	ends    *ends             // of a bounded run
	metrics *telemetry.Metrics
	most    int // bytes of a score

	sources map[int32]*source
	active  []*source // of the transaction under way
}

// source is one partition of events: what was committed, what the transaction
// under way makes of it, and the scratch memory of its worker.
type source struct {
	id        int32
	committed sourceCommit
	staged    sourceCommit
	offset    int64
	touched   bool
	lost      int64 // records before offset that were deleted before they were read
	worker    *scoreWorker
}

func (s *scoreStage) Assign(_ context.Context, commits []consumer.Commit) error {
	for _, c := range commits {
		if err := s.top.within(c.Topic, c.ID); err != nil {
			return err
		}
		src := &source{id: c.ID, committed: newSourceCommit(), offset: c.Offset, lost: c.Lost, worker: newScoreWorker(s)}
		if err := decodeCommit(c.Topic, c.ID, c.Metadata, &src.committed); err != nil {
			return err
		}
		s.sources[c.ID] = src
	}
	return nil
}

func (s *scoreStage) Revoke(partitions []consumer.Partition) {
	for _, p := range partitions {
		delete(s.sources, p.ID)
	}
}

// Process scores the partitions side by side; the order inside each is kept.
func (s *scoreStage) Process(ctx context.Context, now time.Time, fetches kgo.Fetches, out *consumer.Output) error {
	s.active = s.active[:0]
	lookups, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var faults error
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if len(p.Records) == 0 {
			return
		}
		src := s.sources[p.Partition]
		if src == nil {
			faults = notHeld(p.Topic, p.Partition)
			return
		}
		src.staged, src.touched = src.committed, true
		src.staged.Lost += src.lost
		src.staged.Topics = s.depends
		s.active = append(s.active, src)
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			src.worker.run(lookups, schemas.InstantOf(now), src, p.Records)
		})
	})
	group.Wait()
	for _, src := range s.active {
		faults = errors.Join(faults, src.worker.fault)
		for i := range src.worker.scores {
			out.Publish(&src.worker.scores[i])
		}
		for _, r := range src.worker.dead {
			out.Publish(r)
		}
		out.Commit(s.config.Events.Topic, src.id, src.offset, encodeCommit(src.staged))
		if src.worker.waits != nil {
			out.Hold(s.config.Events.Topic, src.id, src.offset, src.worker.waits)
		}
	}
	if faults != nil {
		return faults
	}
	if s.ends != nil && len(s.active) == 0 {
		var err error
		out.Done, err = s.ends.reached(ctx, s.config.Kafka.StageGroup(config.StageScore), s.config.Events.Topic)
		return err
	}
	return nil
}

func (s *scoreStage) Committed() error {
	now := time.Now()
	for _, src := range s.active {
		src.committed = src.staged
		s.metrics.CountEvents("score", "lost", int(src.lost))
		src.lost = 0
		w := src.worker
		s.metrics.CountEvents("score", "ok", len(w.scores))
		s.metrics.CountScores(s.bundle.Version, "champion", len(w.scores))
		for class, n := range w.classes {
			s.metrics.CountEvents("score", "dead_letter", n)
			s.metrics.CountDeadLetters("score", class, n)
		}
		if len(w.scores) > 0 {
			s.metrics.ObserveScoreLatency(now.Sub(w.began))
		}
		s.metrics.SetClock(s.config.Events.Topic, src.id, src.committed.Clock)
	}
	return nil
}

func (s *scoreStage) Aborted() error {
	for _, src := range s.active {
		src.staged = src.committed
	}
	return nil
}

// eventFields are the slots of a projected event that are ours, behind those
// of the model's inputs.
type eventFields struct {
	all      []schemas.Field
	id       int   // text
	time     int   // time, -1: the record's timestamp
	segments []int // text
	names    []string
}

func newEventFields(bundle *scoring.Bundle, events config.Events) eventFields {
	f := eventFields{all: bundle.Fields(), time: -1}
	texts, times := 0, 0
	for _, field := range f.all {
		switch field.Type {
		case schemas.Text:
			texts++
		case schemas.Time:
			times++
		}
	}
	text := func(path string) int {
		f.all = append(f.all, schemas.Field{Path: path, Type: schemas.Text, Slot: texts, Optional: true})
		texts++
		return texts - 1
	}
	f.id = text(events.ID)
	if events.Time != "" {
		f.time = times
		f.all = append(f.all, schemas.Field{Path: events.Time, Type: schemas.Time, Slot: times, Optional: true})
	}
	for _, segment := range events.Segments {
		f.segments = append(f.segments, text(segment))
		f.names = append(f.names, segment)
	}
	return f
}

// newScoreStage checks that the bundle answers for the events of the
// configuration and returns the stage.
func newScoreStage(cfg *config.Config, bundle *scoring.Bundle, lookup schemaLookup, framing []byte, top topology, metrics *telemetry.Metrics) (*scoreStage, error) {
	fields := newEventFields(bundle, cfg.Events)
	reader, err := newReader(cfg.Events.Wire, cfg.Events.Schema, lookup, fields.all)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	place, err := consumer.PartitionerNamed(cfg.Scores.Partitioner)
	if err != nil {
		return nil, err
	}
	return &scoreStage{
		config: cfg, bundle: bundle, reader: reader, fields: fields, framing: framing, place: place, top: top, depends: top.of(scoreDepends...), metrics: metrics,
		most: sizes{}.score(cfg.Topics), sources: map[int32]*source{},
	}, nil
}
