package audit

import (
	"math/bits"

	"hindsight/schemas"
)

type sourceKey struct {
	topic     string
	partition int32
}

// source is one partition of events or labels: which offsets hold a record,
// and by what each is accounted for. A bit an offset each.
type source struct {
	sourceKey
	commit    SourceCommit
	committed bool

	exists, scored, dead, rerouted, fated offsets

	unread  offsets // of batches that were too large to be read, each set aside as one
	batches []int64 // their first offsets

	clock  schemas.Instant   // the latest arrival among its scores below the commit
	passed map[int32]passage // by partition of scores or labels-rerouted
}

// passage is how far the records of a source have come in one partition.
type passage struct {
	first, last int64
	arrival     schemas.Instant
}

func (a *Auditor) source(topic string, partition int32) *source {
	k := sourceKey{topic, partition}
	s := a.sources[k]
	if s == nil {
		s = &source{sourceKey: k, clock: schemas.Beginning, passed: map[int32]passage{}}
		a.sources[k] = s
	}
	return s
}

// Event takes the position of one event.
func (a *Auditor) Event(partition int32, offset int64) {
	a.source(a.o.Topics.Events, partition).exists.add(offset)
}

// Label takes the position of one label.
func (a *Auditor) Label(partition int32, offset int64) {
	a.source(a.o.Topics.Labels, partition).exists.add(offset)
}

// DeadLetter takes one dead letter and where the record first stood. One that
// stands for a batch which nobody could read says how many offsets it spans,
// others 0.
func (a *Auditor) DeadLetter(at, origin Position, batch int64) {
	if origin.Topic != a.o.Topics.Events && origin.Topic != a.o.Topics.Labels {
		a.note("dead letters of %s are there, which is not configured: they were passed over", origin.Topic)
		return
	}
	a.checked(Conservation, "dead letters", 1)
	s := a.source(origin.Topic, origin.Partition)
	if !s.dead.add(origin.Offset) {
		if !a.o.AtLeastOnce {
			a.broken(Uniqueness, "dead-letter-twice", "", at, "a second dead letter of %v", origin)
		}
		return
	}
	if batch > 0 {
		s.batches = append(s.batches, origin.Offset)
		for i := range batch {
			s.unread.add(origin.Offset + i)
		}
	}
}

// pass notes that a record of the source stands in a partition, and reports
// whether it came in order.
func (s *source) pass(partition int32, offset int64, arrival schemas.Instant) (before passage, fault string) {
	before, seen := s.passed[partition]
	now := passage{offset, offset, arrival}
	if seen {
		now.first = before.first
		switch {
		case offset <= before.last:
			fault = "order"
		case arrival < before.arrival:
			fault = "clock"
		}
	}
	if !seen || fault == "" {
		s.passed[partition] = now
	}
	return before, fault
}

// moved checks that the records of a source come in order, and its clock never
// goes back.
func (a *Auditor) moved(s *source, partition int32, at Position, id string, offset int64, arrival schemas.Instant) {
	before, fault := s.pass(partition, offset, arrival)
	switch {
	case fault == "order" && !a.o.AtLeastOnce:
		a.broken(Records, "source-out-of-order", id, at, "%s/%d@%d comes after @%d", s.topic, s.partition, offset, before.last)
	case fault == "clock":
		a.broken(Records, "clock-went-back", id, at, "arrived %v, but the clock of %s/%d stood at %v at an earlier record", arrival, s.topic, s.partition, before.arrival)
	}
	if offset < s.commit.Offset {
		s.clock = max(s.clock, arrival)
	}
}

// read counts the records before end as the stages do: a batch that could not
// be read is one.
func (s *source) read(from, end int64) (n int64) {
	each(from, end, func(at int64, mask uint64) {
		n += int64(bits.OnesCount64(s.exists.word(at) &^ s.unread.word(at) & mask))
	})
	for _, offset := range s.batches {
		if from <= offset && offset < end {
			n++
		}
	}
	return n
}

func (a *Auditor) endSources() {
	for _, s := range a.sources {
		switch {
		case !s.committed && s.topic == a.o.Topics.Events:
			a.noteAt(Position{s.topic, s.partition, -1}, "SCORE has committed nothing, so the events were not checked")
		case s.topic == a.o.Topics.Events:
			a.endEvents(s)
		case s.committed:
			a.endLabels(s)
		}
	}
}

// endEvents holds each event below the commit to one score or dead letter.
func (a *Auditor) endEvents(s *source) {
	x, c := a.extent(s.topic, s.partition), s.commit
	from, lost := a.eventsFrom(s, x)
	to := min(c.Offset, x.End)
	a.checked(Conservation, "events", s.read(from, to))
	each(from, to, func(at int64, mask uint64) {
		list(at, s.exists.word(at)&mask&^s.unread.word(at)&^s.scored.word(at)&^s.dead.word(at), func(offset int64) {
			if lost--; lost < 0 {
				a.broken(Conservation, "event-lost", "", Position{s.topic, s.partition, offset}, "the event has neither a score nor a dead letter, though SCORE has committed offset %d", c.Offset)
			}
		})
		list(at, s.scored.word(at)&s.dead.word(at)&mask, func(offset int64) {
			a.broken(Uniqueness, "event-two-ends", "", Position{s.topic, s.partition, offset}, "the event has a score and a dead letter")
		})
	})
	each(x.First, to, func(at int64, mask uint64) {
		list(at, (s.scored.word(at)|s.dead.word(at))&mask&^s.exists.word(at)&^s.unread.word(at), func(offset int64) {
			a.broken(Conservation, "event-unknown", "", Position{s.topic, s.partition, offset}, "a score or dead letter is of an event that is not there")
		})
	})
	scoresWhole, deadWhole := a.whole(a.o.Topics.Scores), a.whole(a.o.Topics.DeadLetters)
	a.counted(s, "read", c.Read, s.read(x.First, to), x.First == 0)
	a.counted(s, "scored", c.Scored, s.scored.below(c.Offset), scoresWhole)
	a.counted(s, "set aside", c.DeadLetters, s.dead.below(c.Offset), deadWhole)
	if c.Read != c.Scored+c.DeadLetters {
		a.broken(Commits, "source-sums", "", Position{s.topic, s.partition, -1}, "the commit says that %d events were read, %d scored and %d set aside", c.Read, c.Scored, c.DeadLetters)
	}
	if s.clock > c.Clock || scoresWhole && s.clock != c.Clock {
		a.broken(Commits, "clock-committed", "", Position{s.topic, s.partition, -1}, "the committed clock is %v, the last score below it arrived at %v", c.Clock, s.clock)
	}
}

// eventsFrom returns the first event whose score must still be there, and how
// many later ones may have had a dead letter that is gone.
func (a *Auditor) eventsFrom(s *source, x Extent) (from, lost int64) {
	from = x.First
	if !a.whole(a.o.Topics.DeadLetters) {
		lost = max(0, s.commit.DeadLetters-s.dead.below(s.commit.Offset))
	}
	if a.foreign() {
		return from, lost
	}
	for p := range a.extents[a.o.Topics.Scores] {
		if !a.trimmed(a.o.Topics.Scores, p) {
			continue
		}
		if seen, ok := s.passed[p]; ok {
			from = max(from, seen.first)
			continue
		}
		a.noteAt(Position{s.topic, s.partition, -1}, "a partition of %s has no score of these left, so the events were not checked", a.o.Topics.Scores)
		return s.commit.Offset, 0
	}
	return from, lost
}

// whole reports whether no record of a topic has gone.
func (a *Auditor) whole(topic string) bool {
	for p := range a.extents[topic] {
		if a.trimmed(topic, p) {
			return false
		}
	}
	return true
}

// counted compares what a commit says with what was found, which may be less
// where older records are gone.
func (a *Auditor) counted(s *source, what string, said, found int64, whole bool) {
	if said < found || whole && said != found {
		a.broken(Commits, "source-count", "", Position{s.topic, s.partition, -1}, "the commit at offset %d says that %d were %s, the topics hold %d", s.commit.Offset, said, what, found)
	}
}

// endLabels holds each label below the commit to one way: a dead letter,
// labels-rerouted, or the partition on which it lies. What became of those that
// were joined is for the partition to say.
func (a *Auditor) endLabels(s *source) {
	x, c := a.extent(s.topic, s.partition), s.commit
	to := min(c.Offset, x.End)
	a.checked(Conservation, "labels", s.read(x.First, to))
	deadWhole, routedWhole := a.whole(a.o.Topics.DeadLetters), a.whole(a.o.Topics.Rerouted)
	each(x.First, to, func(at int64, mask uint64) {
		exists, unread := s.exists.word(at)&mask, s.unread.word(at)
		dead, rerouted, fated := s.dead.word(at)&mask, s.rerouted.word(at)&mask, s.fated.word(at)&mask
		list(at, dead&(rerouted|fated), func(offset int64) {
			a.broken(Uniqueness, "label-two-ends", "", Position{s.topic, s.partition, offset}, "the label has a dead letter and another fate")
		})
		list(at, (dead|rerouted|fated)&^exists&^unread, func(offset int64) {
			a.broken(Conservation, "label-unknown", "", Position{s.topic, s.partition, offset}, "a fate, rerouted copy or dead letter is of a label that is not there")
		})
		if deadWhole && routedWhole && !a.inPlace() {
			list(at, exists&^unread&^dead&^rerouted, func(offset int64) {
				a.broken(Conservation, "label-lost", "", Position{s.topic, s.partition, offset}, "the label was neither forwarded nor set aside, though JOIN has committed offset %d", c.Offset)
			})
		}
	})
	a.counted(s, "read", c.Read, s.read(x.First, to), x.First == 0)
	a.counted(s, "forwarded", c.Rerouted, s.rerouted.below(c.Offset), routedWhole)
	a.counted(s, "set aside", c.DeadLetters, s.dead.below(c.Offset), deadWhole)
	if c.Read != c.InPlace+c.Rerouted+c.DeadLetters {
		a.broken(Commits, "source-sums", "", Position{s.topic, s.partition, -1}, "the commit says that %d labels were read, %d joined in place, %d forwarded and %d set aside",
			c.Read, c.InPlace, c.Rerouted, c.DeadLetters)
	}
}

// inPlace reports whether labels have as many partitions as scores, so that
// those on the right one are joined where they lie.
func (a *Auditor) inPlace() bool {
	return len(a.extents[a.o.Topics.Labels]) == len(a.extents[a.o.Topics.Scores])
}

// commits checks what the commits say by themselves.
func (a *Auditor) commits(s State) {
	for _, c := range s.Sources {
		x := a.source(c.Topic, c.Partition)
		x.commit, x.committed = c, true
		if c.Lost > 0 {
			a.noteAt(Position{c.Topic, c.Partition, -1}, "%d records were deleted before they were read, and that was accepted", c.Lost)
		}
		a.within("committed offset", Position{c.Topic, c.Partition, c.Offset})
	}
	names := a.o.Topics
	for i := range s.Joins {
		c := &s.Joins[i]
		a.joins[c.Partition] = c
		own := Position{names.Scores, c.Partition, -1}
		a.within("committed offset", Position{names.Scores, c.Partition, c.Scores})
		a.within("committed offset", Position{names.Rerouted, c.Partition, c.Rerouted})
		a.within("floor", Position{names.Outcomes, c.Partition, c.Floors.Outcomes})
		type bound struct {
			name       string
			floor, end int64
		}
		for _, b := range []bound{{names.Scores, c.Floors.Scores, c.Scores}, {names.Rerouted, c.Floors.Rerouted, c.Rerouted}} {
			if b.floor > b.end {
				a.broken(Commits, "floor-beyond-offset", "", own, "the floor of %s is %d, beyond the committed offset %d", b.name, b.floor, b.end)
			}
		}
		if a.inPlace() {
			if end := a.source(names.Labels, c.Partition).commit.Offset; c.Floors.Labels > max(end, 0) {
				a.broken(Commits, "floor-beyond-offset", "", own, "the floor of %s is %d, beyond the committed offset %d", names.Labels, c.Floors.Labels, end)
			}
		}
		if scores, labels := c.Ledger.Imbalance(); scores != 0 || labels != 0 {
			a.broken(Commits, "ledger-imbalance", "", own, "the ledger has %d scores and %d labels in no bucket", scores, labels)
		}
		if c.Raised > 0 {
			a.noteAt(own, "%d records came after their tick was closed, so a clock was wrong", c.Raised)
		}
	}
	for i := range s.Watches {
		c := &s.Watches[i]
		a.watches[c.Partition] = c
		at := Position{names.Slices, c.Partition, c.Offset}
		a.within("committed offset", at)
		if c.Floor > c.Offset {
			a.broken(Commits, "floor-beyond-offset", "", at, "the floor is %d, beyond the committed offset", c.Floor)
		}
	}
	for topic, partitions := range s.Extents {
		for p, x := range partitions {
			if x.First > 0 {
				a.noteAt(Position{topic, p, x.First}, "checked from there, as the older records are gone")
			}
		}
	}
}

// within checks that a commit does not lie beyond the end of its log.
func (a *Auditor) within(what string, at Position) {
	a.checked(Commits, "offsets", 1)
	x, known := a.extents[at.Topic][at.Partition]
	switch {
	case !known:
		a.broken(Commits, "partition-unknown", "", at, "the %s is of a partition that is not there: was the topic made anew?", what)
	case at.Offset > x.End:
		a.broken(Commits, "offset-beyond-end", "", at, "the %s lies beyond the end %d of the log: was the topic made anew?", what, x.End)
	case at.Offset < x.First && what == "committed offset":
		a.noteAt(at, "the committed offset lies before %d, where the log begins now: records may have gone unread", x.First)
	}
}
