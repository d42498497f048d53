package labels

import (
	"fmt"
	"slices"
	"time"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// Join is the join of one partition of scores. Everything it remembers is in
// the store, but for copies that Open reads again: after a batch is discarded
// the Join must be dropped and opened anew. It is for one goroutine.
type Join struct {
	id         int32
	partitions int32
	config     Config
	prefix     prefix

	meta     meta
	lifts    lifts
	models   []string        // sorted
	decided  *Decided        // while rebuilding: what the outcomes tell
	goal     schemas.Instant // while rebuilding: the last tick that was closed when the state was committed
	told     map[string]schemas.Instant
	sums     tickSums
	emit     Emitter
	emitted  int // outcomes, by this call of Close
	outcome  schemas.Outcome
	entry    entry
	score    schemas.Score
	chunk    chunk
	drained  int64
	earliest struct{ score, label, timer schemas.Instant } // what stands first in each queue

	key, otherKey, value []byte // buffers
}

// Open returns the join of partition id of partitions, as the store holds it;
// an empty store holds a fresh one. The error is ErrForeign, ErrUnfinished or
// ErrDamaged where the partition must be wiped and rebuilt.
func Open(id, partitions int32, r store.Reader, config Config) (*Join, error) {
	j := &Join{
		id: id, partitions: partitions, config: config, prefix: prefixOf(id),
		lifts: lifts{}, told: map[string]schemas.Instant{},
	}
	if config.EventWidth <= 0 || config.LabelWidth <= 0 {
		return nil, fmt.Errorf("join of partition %d: slices of width %v and %v", id, config.EventWidth, config.LabelWidth)
	}
	if err := j.load(r); err != nil {
		return nil, fmt.Errorf("join of partition %d: %w", id, err)
	}
	for _, m := range config.Models {
		j.know(m)
	}
	return j, nil
}

// Wipe deletes everything that a store holds of partition id.
func Wipe(b store.Batch, id int32) error {
	p := prefixOf(id)
	return b.DeleteRange(p[:], successor(nil, p[:]))
}

// AddScore adds the score at an offset of scores.
func (j *Join) AddScore(b store.Batch, s *schemas.Score, offset int64) error {
	if offset < j.meta.Offsets.Scores {
		return fmt.Errorf("score at offset %d, next is %d: %w", offset, j.meta.Offsets.Scores, ErrRepeated)
	}
	if !sane(s.Arrival) || !sane(s.EventTime) {
		return fmt.Errorf("score at offset %d, event time %v, arrival %v: %w", offset, s.EventTime, s.Arrival, ErrStamp)
	}
	j.meta.Offsets.Scores = offset + 1
	from := source{j.config.EventsTopic, s.SourcePartition}
	at := s.SourceOffset
	if s.SourcePartition < 0 {
		from, at = source{j.config.ScoresTopic, j.id}, offset
	}
	arrival, lifted, err := j.arrival(b, from, at, s.Arrival)
	if err != nil || j.unknowable(arrival) {
		return err
	}
	j.need(arrival, offset, nothing, lifted)
	j.meta.Ledger.Scores++
	j.meta.Ledger.Pending++
	if done, err := j.applyAtOnce(b, s, offset, arrival, lifted); done || err != nil {
		return err
	}
	j.earliest.score = min(j.earliest.score, arrival)
	j.key = appendPlace(j.prefix.timed(j.key, scoreInbox, arrival), place{from, at, offset})
	j.value = appendInt(j.value[:0], lifted)
	j.value = appendText(j.value, s.EventID)
	j.value = appendScore(j.value, s)
	return b.Set(j.key, j.value)
}

// AddLabel adds a label that stands on the partition of its event, or was
// rerouted to it.
func (j *Join) AddLabel(b store.Batch, l *Label) error {
	next, read := &j.meta.Offsets.Labels, l.Offset
	if l.Rerouted >= 0 {
		next, read = &j.meta.Offsets.Rerouted, l.Rerouted
	}
	if read < *next {
		return fmt.Errorf("label at offset %d, next is %d: %w", read, *next, ErrRepeated)
	}
	if !sane(l.Arrival) || !sane(l.LabelTime) {
		return fmt.Errorf("label at offset %d, label time %v, arrival %v: %w", read, l.LabelTime, l.Arrival, ErrStamp)
	}
	*next = read + 1
	from := source{l.Topic, l.Partition}
	arrival, lifted, err := j.arrival(b, from, l.Offset, l.Arrival)
	if err != nil || j.unknowable(arrival) {
		return err
	}
	j.needLabel(arrival, l.Offset, l.Rerouted, lifted)
	j.meta.Ledger.Labels++
	j.meta.Ledger.Waiting++
	j.earliest.label = min(j.earliest.label, arrival)
	j.key = appendPlace(j.prefix.timed(j.key, labelInbox, arrival), place{from, l.Offset, l.Rerouted})
	j.value = appendInt(j.value[:0], lifted)
	j.value = appendText(j.value, l.EventID)
	j.value = appendTruth(j.value, l)
	return b.Set(j.key, j.value)
}

// AddLift adds a lift. Adding one again, or one that is not needed any more,
// changes nothing. It must be added before the records that it raises.
func (j *Join) AddLift(b store.Batch, l *Lift) error {
	for _, p := range l.Positions {
		from := source{p.Topic, p.Partition}
		s := step{p.Offset, l.Value, l.Offset}
		gone, added := j.lifts.add(from, s)
		if err := j.dropSteps(b, from, gone); err != nil {
			return err
		}
		if !added {
			continue
		}
		j.key = appendPlace(j.prefix.key(j.key, liftKey), place{from, s.position, s.offset})
		if err := b.Set(j.key, appendInt(nil, int64(s.value))); err != nil {
			return err
		}
	}
	return nil
}

// AddSettings adds the settings logged at an offset of labels-rerouted, in
// order of offsets. Adding them again changes nothing. They must be added
// before a tick after From begins to close.
func (j *Join) AddSettings(_ store.Batch, s Settings, offset int64) error {
	if err := s.Validate(); err != nil {
		return fmt.Errorf("settings at offset %d of labels-rerouted: %w", offset, err)
	}
	if j.meta.Timeline.logged(offset) != nil || len(j.meta.Timeline) > 0 && offset < j.meta.Timeline[0].Offset {
		return nil // known, or forgotten because nothing lives by them
	}
	if s.From < j.Begun() {
		if j.Follows(s) {
			return nil // logged twice, as after an abort: nothing changes
		}
		return fmt.Errorf("settings at offset %d of labels-rerouted are to hold from %v, but %v is closed", offset, s.From, j.Begun())
	}
	j.meta.Timeline.add(chapter{Settings: s, Offset: offset, Needed: schemas.Beginning})
	return nil
}

// arrival returns when a record arrives, given its source's clock there, and
// the offset of the lift that says so, or nothing.
func (j *Join) arrival(b store.Batch, from source, at int64, clock schemas.Instant) (schemas.Instant, int64, error) {
	arrival, by := j.lifts.raise(from, at, clock)
	if err := j.dropSteps(b, from, j.lifts.passed(from, clock)); err != nil {
		return 0, 0, err
	}
	if begun := j.Begun(); arrival < begun { // what comes now is not among what is done of a tick
		arrival = begun
		j.meta.Raised++
	}
	return arrival, by, nil
}

func (j *Join) dropSteps(b store.Batch, from source, gone []step) error {
	for _, s := range gone {
		j.key = appendPlace(j.prefix.key(j.key, liftKey), place{from, s.position, s.offset})
		if err := b.Delete(j.key); err != nil {
			return err
		}
	}
	return nil
}

// Next returns the next tick at which something falls due, Forever for none.
func (j *Join) Next() schemas.Instant {
	if j.meta.Amid != nil {
		return j.meta.Amid.Tick
	}
	t := j.meta.Timeline
	return min(t.after(j.earliest.score), t.after(j.earliest.label), t.from(j.earliest.timer))
}

// Closed returns the last closed tick, Beginning before the first.
func (j *Join) Closed() schemas.Instant { return j.meta.Closed }

// Begun returns the last tick that is closed, be it in part: from there on
// other settings may hold.
func (j *Join) Begun() schemas.Instant {
	if j.meta.Amid != nil {
		return j.meta.Amid.Tick
	}
	return j.meta.Closed
}

// Offsets returns the next offsets of what was added or skipped.
func (j *Join) Offsets() Offsets { return j.meta.Offsets }

// SetOffsets says that everything before o was added, or holds nothing for
// the join, and how far outcomes have come.
func (j *Join) SetOffsets(o Offsets) { j.meta.Offsets = o }

// sane reports whether times near i can be calculated with: ±73,000 years.
func sane(i schemas.Instant) bool { return -1<<61 < i && i < 1<<61 }

// need notes that the state holds records until an instant.
func (j *Join) need(until schemas.Instant, score, label, rerouted int64) {
	if rerouted < 0 {
		rerouted = nothing
	}
	j.meta.Needs.until(until, j.coarse(), score, label, rerouted)
}

func (j *Join) needLabel(until schemas.Instant, offset, rerouted, lifted int64) {
	if lifted < 0 {
		lifted = nothing
	}
	if rerouted >= 0 {
		j.need(until, nothing, nothing, min(rerouted, lifted))
		return
	}
	j.need(until, nothing, offset, lifted)
}

func (j *Join) coarse() time.Duration {
	if t := j.meta.Timeline; len(t) > 0 {
		return quantum(&t[len(t)-1].Settings)
	}
	return time.Minute
}

// know adds a model to those whose slices are closed.
func (j *Join) know(model string) {
	if i, found := slices.BinarySearch(j.models, model); !found {
		j.models = slices.Insert(j.models, i, model)
	}
}
