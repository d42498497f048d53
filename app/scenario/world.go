package scenario

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"hindsight/app/rules"
	"hindsight/consumer"
	"hindsight/labels"
	"hindsight/schemas"
)

// world is a scenario that runs: the sources, a join for each partition of
// scores, and the watcher.
type world struct {
	*Scenario
	place   consumer.Partitioner
	sources map[source]*feed
	order   []source
	parts   []*part
	watch   *watcher
	now     schemas.Instant // of the wall, Forever where the file does not say
	events  map[string]schemas.Instant

	dice *rand.Rand // nil: everything is read at once, and nothing fails

	outcomes []schemas.Outcome // that no block has listed
	dead     []deadLetter
	deadOf   struct{ scores, labels int64 }
}

// feed is one partition of events or labels.
type feed struct {
	clock       schemas.Instant
	next        int64 // offset
	idle, ended bool
}

// deadLetter is a record whose stamp is not believed.
type deadLetter struct{ id, class string }

func newWorld(s *Scenario, dice *rand.Rand) (*world, error) {
	place, err := consumer.PartitionerNamed(s.config.Scores.Partitioner)
	if err != nil {
		return nil, err
	}
	w := &world{
		Scenario: s, place: place, sources: map[source]*feed{}, order: s.sources(), now: schemas.Forever,
		events: map[string]schemas.Instant{}, dice: dice,
	}
	for _, id := range w.order {
		w.sources[id] = &feed{clock: schemas.Beginning}
	}
	if w.watch, err = newWatcher(s); err != nil {
		return nil, err
	}
	for p := range s.partitions.events {
		part, err := newPart(w, p)
		if err != nil {
			return nil, err
		}
		w.parts = append(w.parts, part)
	}
	return w, nil
}

// wake ends the rest of a source that shows something: how far it was lifted until now is decided.
func (w *world) wake(id source) (*feed, error) {
	f := w.sources[id]
	if f.ended {
		return nil, fmt.Errorf("%s/%d has ended above", w.topic(id), id.partition)
	}
	if f.idle {
		if err := w.settle(0); err != nil {
			return nil, err
		}
	}
	f.idle = false
	return f, nil
}

// apply lets the scores be read by SCORE.
func (s *scores) apply(w *world) error {
	for i := range s.n {
		at := s.at.Add(time.Duration(i) * s.every)
		score := schemas.Score{EventID: s.id(i), EventTime: at, Version: s.version, Segments: s.segments}
		score.Model, _ = w.model()
		if s.values != nil {
			score.Value, score.Positive = s.values[i%len(s.values)], w.classes[1]
			score.Prediction = w.class(score.Value)
		}
		if s.predicts != nil {
			score.Prediction = schemas.Canonical(s.predicts[i%len(s.predicts)])
		}
		recorded := at
		if s.arrives != nil {
			recorded = s.arrives.Add(time.Duration(i) * s.every)
		}
		if len(s.on) > 0 {
			score.SourcePartition = s.on[i%len(s.on)]
		}
		if err := w.event(&score, recorded); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) event(score *schemas.Score, recorded schemas.Instant) error {
	f, err := w.wake(source{false, score.SourcePartition})
	if err != nil {
		return err
	}
	score.SourceOffset = f.next
	f.next++
	if fault := rules.CheckEvent(&w.config.Events, score.EventTime, recorded, w.now); fault != nil {
		w.dead = append(w.dead, deadLetter{score.EventID, fault.Class})
		w.deadOf.scores++
		return nil
	}
	f.clock = max(f.clock, rules.EventStamp(&w.config.Events, score.EventTime, recorded))
	score.Arrival = f.clock
	w.events[score.EventID] = score.EventTime
	p := w.parts[w.place([]byte(score.EventID), int32(len(w.parts)))]
	p.scores = append(p.scores, *score)
	return w.shake()
}

// apply lets the labels be read by JOIN, which forwards those that lie elsewhere.
func (t *truths) apply(w *world) error {
	for i := range t.n {
		l := labels.Label{EventID: t.id(i), Truth: rules.Class(&w.config.Labels, t.classes[i%len(t.classes)]), Rerouted: -1}
		l.LabelTime = t.at.Add(time.Duration(i) * t.every)
		if t.after != nil {
			event, ok := w.events[l.EventID]
			if !ok {
				return fmt.Errorf("label %s: after is counted from its event, and none stands above", l.EventID)
			}
			l.LabelTime = event.Add(*t.after).Add(time.Duration(i) * t.every)
		}
		recorded := l.LabelTime
		if t.arrives != nil {
			recorded = t.arrives.Add(time.Duration(i) * t.every)
		}
		target := w.place([]byte(l.EventID), int32(len(w.parts)))
		switch {
		case len(t.on) > 0:
			l.Partition = t.on[i%len(t.on)]
		case w.together():
			l.Partition = target
		}
		var bad *consumer.Fault
		if t.weights != nil {
			l.Extra, bad = rules.Weight(&w.config.Labels, t.weights[i%len(t.weights)])
		}
		if err := w.label(&l, target, recorded, bad); err != nil {
			return err
		}
	}
	return nil
}

// together reports whether labels may be joined where they lie.
func (w *world) together() bool { return w.partitions.events == w.partitions.labels }

func (w *world) label(l *labels.Label, target int32, recorded schemas.Instant, fault *consumer.Fault) error {
	f, err := w.wake(source{true, l.Partition})
	if err != nil {
		return err
	}
	l.Topic, l.Offset = w.config.Labels.Topic, f.next
	f.next++
	stamp := rules.LabelStamp(&w.config.Labels, l.LabelTime, recorded)
	if fault == nil {
		fault = rules.CheckLabel(&w.config.Labels, l.LabelTime, recorded)
	}
	if fault == nil {
		fault = rules.CheckLabelStamp(w.config, stamp, w.now)
	}
	if fault != nil {
		w.dead = append(w.dead, deadLetter{l.EventID, fault.Class})
		w.deadOf.labels++
		return nil
	}
	f.clock = max(f.clock, stamp)
	l.Arrival = f.clock
	p := w.parts[target]
	if w.together() && l.Partition == target {
		p.labels = append(p.labels, *l)
	} else {
		l.Rerouted = int64(len(p.rerouted))
		p.rerouted = append(p.rerouted, rerouted{label: l})
	}
	return w.shake()
}

func (c clocks) apply(w *world) error {
	for _, id := range c.of {
		f, err := w.wake(id)
		if err != nil {
			return err
		}
		f.clock = max(f.clock, c.at)
	}
	return w.shake()
}

func (i idles) apply(w *world) error {
	for _, id := range i.of {
		w.sources[id].idle = true
	}
	return w.settle(0)
}

func (x waits) apply(w *world) error {
	for _, f := range w.sources {
		f.idle = !f.ended
	}
	return w.settle(x.d)
}

func (e ends) apply(w *world) error {
	for _, id := range e.of {
		w.sources[id].ended, w.sources[id].idle = true, false
	}
	return w.settle(0)
}

func (x wall) apply(w *world) error {
	w.now = x.at
	return nil
}

// settle lets everybody read everything and decide what can be decided, after
// all sources have rested for a while.
func (w *world) settle(rested time.Duration) error {
	for _, p := range w.parts {
		if err := p.settle(rested); err != nil {
			return err
		}
	}
	return w.watch.settle()
}

// shake lets somebody do something, or die, where the dice say so.
func (w *world) shake() error {
	for w.dice != nil && w.dice.IntN(3) > 0 {
		var err error
		if i := w.dice.IntN(len(w.parts) + 1); i < len(w.parts) {
			err = w.parts[i].shake(w.dice)
		} else {
			err = w.watch.shake(w.dice)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pending are the outcomes that no block has listed, by tick and partition.
func (w *world) pending() []schemas.Outcome {
	for _, p := range w.parts {
		w.outcomes = append(w.outcomes, p.fresh()...)
	}
	slices.SortStableFunc(w.outcomes, func(a, b schemas.Outcome) int { return cmp.Compare(a.Tick, b.Tick) })
	return w.outcomes
}
