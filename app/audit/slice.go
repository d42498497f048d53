package audit

import (
	"maps"
	"slices"

	"hindsight/schemas"
)

// tellerKey is one partition of scores telling slices of one model.
type tellerKey struct {
	model     string
	partition int32
}

// teller is how far it has come.
type teller struct {
	tick schemas.Instant // the last that is whole
	read schemas.Instant // the last whole one below the offset that WATCH committed
	open bool            // parts of a later one have come
	part int32           // the next of them
	at   schemas.Instant // of the open one
}

// Slice takes one slice. Those of ticks that are not closed by the commit are
// left for the next audit.
func (a *Auditor) Slice(at Position, s *schemas.Slice) {
	c := a.joins[s.Partition]
	if c == nil || s.Tick > c.Closed {
		return
	}
	if n := int32(len(a.extents[a.o.Topics.Scores])); s.Partition < 0 || s.Partition >= s.Partitions || s.Partitions != n {
		a.broken(Records, "slice-partition", "", at, "the slice is of partition %d of %d, there are %d", s.Partition, s.Partitions, n)
		return
	}
	a.checked(Fold, "slices", 1)
	a.seen(s.Partition, schemas.Forever, s.Tick)
	if !a.told(at, s) {
		return
	}
	a.unfate(s)
	if a.fits(s) {
		a.subtract(s)
	} else {
		a.widths[s.Partition] = true
	}
	if j := a.judge(at.Partition, s.Model); j != nil {
		j.slice(a, at, s)
	}
}

// told follows the ticks and parts of a partition, and reports whether the
// slice comes for the first time.
func (a *Auditor) told(at Position, s *schemas.Slice) bool {
	k := tellerKey{s.Model, s.Partition}
	t := a.tellers[k]
	if t == nil {
		t = &teller{tick: schemas.Beginning, read: schemas.Beginning}
		a.tellers[k] = t
		if s.Part > 0 && a.trimmed(at.Topic, at.Partition) {
			t.open, t.at, t.part = true, s.Tick, s.Part
			a.tally(s.Partition, s.Tick).unknown = true
		}
	}
	repeated := s.Tick <= t.tick || t.open && s.Tick == t.at && s.Part < t.part
	switch {
	case repeated:
		if !a.o.AtLeastOnce {
			a.broken(Uniqueness, "slice-twice", "", at, "partition %d tells tick %v, part %d of %s again: it had come to %v", s.Partition, s.Tick, s.Part, s.Model, t.tick)
		}
		return false
	case t.open && s.Tick != t.at, s.Part != t.part:
		a.broken(Fold, "slice-part-missing", "", at, "part %d of tick %v of partition %d came, part %d was due", s.Part, s.Tick, s.Partition, t.part)
	}
	t.open, t.at, t.part = s.More, s.Tick, s.Part+1
	if !s.More {
		t.tick, t.part = s.Tick, 0
		if w := a.watches[at.Partition]; w != nil && at.Offset < w.Offset {
			t.read = s.Tick
		}
	}
	return true
}

// fits reports whether the cells are as wide as the configuration says now.
func (a *Auditor) fits(s *schemas.Slice) bool {
	for i := range s.Cells {
		want := a.o.EventWidth
		if s.Cells[i].Clock == schemas.LabelClock {
			want = a.o.LabelWidth
		}
		if s.Cells[i].Width != want {
			return false
		}
	}
	return true
}

// subtract takes the slice from what the outcomes of its tick have brought.
func (a *Auditor) subtract(s *schemas.Slice) {
	if len(s.Cells) == 0 {
		return
	}
	t := a.tally(s.Partition, s.Tick)
	for i := range s.Cells {
		c := &s.Cells[i]
		k := cellKey{s.Model, c.Clock, c.Start, c.Version, c.Segment}
		sums := c.Sums
		if c.Clock == schemas.EventClock {
			t.scored -= a.print(k, &schemas.Sums{Scored: sums.Scored})
			sums.Scored = 0
			if c.Segment == "" {
				t.told.unlabelled += sums.Unlabelled
				for _, p := range sums.Pairs {
					t.told.labelled += p.N
				}
			}
		}
		t.sums -= a.print(k, &sums)
	}
}

// unfate takes the labels of the slice from those whose outcomes tell their fate.
// What was written before slices told of labels has none.
func (a *Auditor) unfate(s *schemas.Slice) {
	for _, f := range s.Fates {
		if f.Fate != schemas.NoFate {
			a.tally(s.Partition, s.Tick).fated(f.Fate, -f.N)
		}
		if since, ok := a.fated[s.Partition]; !ok || s.Tick < since {
			a.fated[s.Partition] = s.Tick
		}
	}
}

func (a *Auditor) endSlices() {
	for _, p := range slices.Sorted(maps.Keys(a.ticks)) {
		a.endTicks(p)
	}
	for p, c := range a.joins {
		for _, model := range c.Models {
			t := a.tellers[tellerKey{model, p}]
			if c.Closed == schemas.Beginning || t != nil && t.tick == c.Closed || t == nil && !a.whole(a.o.Topics.Slices) {
				continue
			}
			told := schemas.Beginning
			if t != nil {
				told = t.tick
			}
			a.broken(Commits, "closing-record-lost", "", Position{a.o.Topics.Slices, -1, -1}, "partition %d has closed %v, but for %s slices tell only up to %v", p, c.Closed, model, told)
		}
	}
	for k, w := range a.windows { // told of a model that no slice is of
		a.judge(w.position.Partition, k.model)
	}
	for _, j := range a.judges {
		j.end(a)
	}
}

// endTicks holds each tick of a partition to its outcomes.
func (a *Auditor) endTicks(partition int32) {
	if a.widths[partition] {
		a.noteAt(Position{a.o.Topics.Scores, partition, -1}, "the slices have another width than the windows ask for now: they were not compared with outcomes and windows")
		return
	}
	from := a.comparable(partition)
	for _, tick := range slices.Sorted(maps.Keys(a.ticks[partition])) {
		t := a.ticks[partition][tick]
		at := Position{a.o.Topics.Slices, -1, -1}
		if since, ok := a.fated[partition]; ok && tick >= since && tick > from && len(t.fates) > 0 {
			a.broken(Fold, "slices-differ-fates", "", at, "tick %v of partition %d: outcomes tell the fates of other labels than its slices, by %v", tick, partition, t.fates)
		}
		if tick <= from || t.unknown {
			continue
		}
		a.checked(Fold, "ticks", 1)
		if t.sums != 0 {
			a.broken(Fold, "slices-differ", "", at, "tick %v of partition %d: outcomes bring %+d labelled and %+d unlabelled, slices say %+d and %+d, or they differ in detail",
				tick, partition, t.said.labelled, t.said.unlabelled, t.told.labelled, t.told.unlabelled)
		}
		if t.scored != 0 && a.timed(partition) && !a.trimmed(a.o.Topics.Scores, partition) && !a.trimmed(a.o.Topics.Outcomes, partition) {
			a.broken(Fold, "slices-differ-scored", "", at, "tick %v of partition %d: its slices do not count the scores that it applied", tick, partition)
		}
	}
}

// comparable returns the tick after which both the outcomes and the slices of a
// partition are whole: the oldest that is left may be cut.
func (a *Auditor) comparable(partition int32) schemas.Instant {
	from := schemas.Beginning
	if a.trimmed(a.o.Topics.Outcomes, partition) {
		from = a.first(partition).outcome
	}
	if !a.whole(a.o.Topics.Slices) {
		from = max(from, a.first(partition).slice)
	}
	return from
}

// oldest is the ticks of the first outcome and slice of a partition, Forever
// where there is none.
type oldest struct{ outcome, slice schemas.Instant }

func (a *Auditor) seen(partition int32, outcome, slice schemas.Instant) {
	was := a.first(partition)
	a.oldest[partition] = oldest{min(was.outcome, outcome), min(was.slice, slice)}
}

func (a *Auditor) first(partition int32) oldest {
	if was, ok := a.oldest[partition]; ok {
		return was
	}
	return oldest{schemas.Forever, schemas.Forever}
}
