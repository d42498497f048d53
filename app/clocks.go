package app

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"hindsight/app/config"
	"hindsight/schemas"
)

// sourceID names one partition of events or labels.
type sourceID struct {
	topic     string
	partition int32
}

// sourceClock is what is known of a source at one moment.
type sourceClock struct {
	clock  schemas.Instant // committed
	offset int64           // committed, -1: nothing
	ended  bool            // a bounded run has read it to its end
	idle   bool            // verified to have nothing to read, for idle_after
}

// sample is one reading of all clocks, and the ends up to which a partition
// must have read before it may count them: a record that was committed with
// those clocks lies before these ends.
type sample struct {
	sources     map[sourceID]sourceClock
	order       []sourceID // all sources, sorted
	scoresEnd   map[int32]int64
	reroutedEnd map[int32]int64
	outcomesEnd map[int32]int64
	joinEnded   bool // every partition of scores has closed its last tick
}

// clockReader samples the committed clocks of all sources.
type clockReader struct {
	config *config.Config
	admin  *kadm.Client
	top    topology
	ends   *ends  // nil: not bounded, sources idle instead
	guard  *guard // nil: the topics are not watched

	quiet map[sourceID]quiet
}

// quiet is since when a source has stood at its end without moving.
type quiet struct {
	end   int64
	since time.Time
}

func (c *clockReader) read(ctx context.Context, now time.Time) (*sample, error) {
	kafka, names, labels := c.config.Kafka, c.config.Topics, c.config.Labels.Topic
	score, err := fetchCommits(ctx, c.admin, kafka.StageGroup(config.StageScore))
	if err != nil {
		return nil, err
	}
	join, err := fetchCommits(ctx, c.admin, kafka.StageGroup(config.StageJoin))
	if err != nil {
		return nil, err
	}
	s := &sample{sources: map[sourceID]sourceClock{}}
	if c.ends != nil {
		if s.joinEnded, err = c.ends.fixed(ctx); err != nil {
			return nil, err
		}
	}
	add := func(commits groupCommits, topic string, n int32) error {
		for p := range n {
			meta := newSourceCommit()
			if err := decodeCommit(topic, p, commits.metadata(topic, p), &meta); err != nil {
				return err
			}
			id := sourceID{topic, p}
			s.sources[id] = sourceClock{clock: meta.Clock, offset: commits.offset(topic, p)}
			s.order = append(s.order, id)
		}
		return nil
	}
	if c.config.Scores.Foreign() {
		err = c.foreign(s, join)
	} else {
		err = add(score, c.config.Events.Topic, c.top.events)
	}
	if err != nil {
		return nil, err
	}
	if err := add(join, labels, c.top.labels); err != nil {
		return nil, err
	}
	for p := range c.top.scores {
		state := newJoinCommit()
		if err := decodeCommit(names.Scores, p, join.metadata(names.Scores, p), &state); err != nil {
			return nil, err
		}
		s.joinEnded = s.joinEnded && state.EndedAt > c.ends.total()
	}
	if err := c.judgeRest(ctx, s, now); err != nil {
		return nil, err
	}
	// Taken last. The high watermark, not the last stable offset: a commit can
	// be seen before the marker of its transaction reaches the data partition.
	at, err := offsets(ctx, c.admin.ListEndOffsets, names.Scores, names.LabelsRerouted, names.Outcomes)
	if err != nil {
		return nil, err
	}
	if err := c.guard.check(ctx); err != nil {
		return nil, err
	}
	s.scoresEnd, s.reroutedEnd, s.outcomesEnd = at[names.Scores], at[names.LabelsRerouted], at[names.Outcomes]
	return s, nil
}

// foreign adds the partitions of somebody else's scores, whose clocks JOIN commits.
func (c *clockReader) foreign(s *sample, join groupCommits) error {
	names := c.config.Topics
	for p := range c.top.scores {
		meta := newSourceCommit()
		if err := decodeCommit(names.LabelsRerouted, p, join.metadata(names.LabelsRerouted, p), &meta); err != nil {
			return err
		}
		id := sourceID{names.Scores, p}
		s.sources[id] = sourceClock{clock: meta.Clock, offset: join.offset(names.Scores, p)}
		s.order = append(s.order, id)
	}
	return nil
}

// judgeRest says which sources have ended or idle.
func (c *clockReader) judgeRest(ctx context.Context, s *sample, now time.Time) error {
	if c.ends != nil {
		fixed, err := c.ends.fixed(ctx)
		if !fixed || err != nil {
			return err
		}
		for id, src := range s.sources {
			src.ended = c.ends.passed(id.topic, id.partition, src.offset)
			s.sources[id] = src
		}
		return nil
	}
	source, _ := c.config.Source()
	topics := []string{source, c.config.Labels.Topic}
	at, err := offsets(ctx, c.admin.ListEndOffsets, topics...)
	if err != nil {
		return err
	}
	starts, err := offsets(ctx, c.admin.ListStartOffsets, topics...)
	if err != nil {
		return err
	}
	c.rest(s, starts, at, now)
	return nil
}

// rest marks the sources of s that have stood at their ends for idle_after.
func (c *clockReader) rest(s *sample, starts, ends map[string]map[int32]int64, now time.Time) {
	for id, src := range s.sources {
		end := ends[id.topic][id.partition]
		if max(src.offset, starts[id.topic][id.partition]) < end {
			delete(c.quiet, id)
			continue
		}
		q, ok := c.quiet[id]
		if !ok || q.end != end {
			q = quiet{end: end, since: now}
			c.quiet[id] = q
		}
		src.idle = now.Sub(q.since) >= c.config.Labels.IdleAfter
		s.sources[id] = src
	}
}

// quietest returns how long ago the last source went quiet, from which on
// time is carried by the monotonic clock when all are idle.
func (c *clockReader) quietest(now time.Time) time.Duration {
	var last time.Time
	for _, q := range c.quiet {
		if q.since.After(last) {
			last = q.since
		}
	}
	return now.Sub(last)
}
