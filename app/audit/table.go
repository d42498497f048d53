package audit

import (
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"time"

	"hindsight/schemas"
)

// table is what is remembered of each score of one partition: about a hundred
// bytes, and no text.
type table struct {
	partition int32
	first     int64 // offset of rows[0]
	rows      []row
	older     map[int64]*row // of scores that retention has deleted, by offset
	truths    map[string]uint32
	extras    map[int64]schemas.Extra // of the truths that stand and have a weight, by offset of the score
	taken     schemas.Extra           // of the truth that the last decision replaced
	fates     [schemas.DeadLettered]int64
	kinds     [schemas.Repeated + 1]int64 // of the latest outcome
	routed    int64                       // fates of labels that were forwarded
	scores    int64                       // below the committed offset
	tick      schemas.Instant             // of the last outcome
	scratch   []byte
}

// row is one score, and how far its outcomes have come.
type row struct {
	id       [2]uint64 // hash
	digest   uint64    // of what its outcomes must repeat
	print    uint64    // of what it adds to the sums when it is applied
	event    schemas.Instant
	horizon  time.Duration   // of the settings at applied
	applied  schemas.Instant // the tick; Forever: not known
	booked   schemas.Instant // where the label clock counts it
	truth    uint32          // that stands; 0: none
	revision int32
	kind     schemas.Kind
	present  bool // the score is there
}

func (a *Auditor) begin(partition int32) *table {
	if a.table == nil || a.table.partition != partition {
		a.table = &table{
			partition: partition, first: a.extent(a.o.Topics.Scores, partition).First,
			older: map[int64]*row{}, truths: map[string]uint32{"": 0}, extras: map[int64]schemas.Extra{}, tick: schemas.Beginning,
		}
	}
	return a.table
}

// at returns the row of a score, nil where there can be none.
func (t *table) at(offset int64) *row {
	if offset < t.first {
		if t.older[offset] == nil {
			t.older[offset] = &row{applied: schemas.Forever}
		}
		return t.older[offset]
	}
	if i := offset - t.first; i < int64(len(t.rows)) {
		return &t.rows[i]
	}
	return nil
}

// weigh remembers the weight of the truth that stands.
func (t *table) weigh(o *schemas.Outcome) {
	delete(t.extras, o.ScoreOffset)
	if o.Extra != 0 {
		t.extras[o.ScoreOffset] = o.Extra
	}
}

func (t *table) truth(text string) uint32 {
	n, ok := t.truths[text]
	if !ok {
		n = uint32(len(t.truths))
		t.truths[string([]byte(text))] = n
	}
	return n
}

// Score takes one score.
func (a *Auditor) Score(at Position, s *schemas.Score) {
	t := a.begin(at.Partition)
	a.placed(at, s.EventID)
	c := a.joins[at.Partition]
	read := c != nil && at.Offset < c.Scores
	if read {
		t.scores++
	}
	origin := a.origin(at, s)
	src := a.source(origin.Topic, origin.Partition)
	if !src.scored.add(origin.Offset) {
		if !a.o.AtLeastOnce {
			a.broken(Uniqueness, "event-scored-twice", s.EventID, at, "a second score of %v", origin)
		}
	} else {
		a.moved(src, at.Partition, at, s.EventID, origin.Offset, s.Arrival)
	}
	if !read {
		return
	}
	if !(s.Value-s.Value == 0) {
		a.broken(Records, "figure-not-finite", s.EventID, at, "the score's value is %v", s.Value)
	}
	for i := at.Offset - t.first; int64(len(t.rows)) <= i; { // markers hold offsets too
		t.rows = append(t.rows, row{applied: schemas.Forever})
	}
	r := t.at(at.Offset)
	r.present, r.event = true, s.EventTime
	r.id = [2]uint64{maphash.String(a.seeds[0], s.EventID), maphash.String(a.seeds[1], s.EventID)}
	r.digest = t.digest(a, s.EventID, s.Model, s.Version, s.Prediction, s.Positive, s.Value, s.EventTime, s.SourcePartition, s.SourceOffset, s.Segments, s.Bins)
	r.print = a.spread(schemas.EventClock, s.EventTime.Floor(a.o.EventWidth), s.Model, s.Version, s.Segments, &schemas.Sums{Scored: 1}).print
	if a.timed(at.Partition) {
		route := a.route(at.Partition)
		var rules *rules
		if r.applied, rules = route.after(route.arrival(sourceKey{origin.Topic, origin.Partition}, origin.Offset, s.Arrival)); rules != nil {
			r.horizon = rules.HorizonOf(s.Segments)
		}
	}
}

// origin is where the record first stood that brought a score: the event, or
// the score itself where another program wrote it.
func (a *Auditor) origin(at Position, s *schemas.Score) Position {
	if s.SourcePartition < 0 {
		return at
	}
	return Position{a.o.Topics.Events, s.SourcePartition, s.SourceOffset}
}

// foreign reports whether the scores are the input: another program writes them.
func (a *Auditor) foreign() bool { return a.o.Topics.Events == a.o.Topics.Scores }

// Clock returns the committed clock of a source, Beginning where there is none.
func (a *Auditor) Clock(topic string, partition int32) schemas.Instant {
	if s := a.source(topic, partition); s.committed {
		return s.commit.Clock
	}
	return schemas.Beginning
}

// SetAside reports whether a record has a dead letter.
func (a *Auditor) SetAside(at Position) bool {
	s := a.source(at.Topic, at.Partition)
	return s.dead.has(at.Offset) || s.unread.has(at.Offset)
}

// timed reports whether it is known at which tick the scores of a partition
// were applied: whether all lifts and settings are there, and no clock was wrong
// or has begun before what is left.
func (a *Auditor) timed(partition int32) bool {
	c := a.joins[partition]
	if a.foreign() && a.trimmed(a.o.Topics.Scores, partition) {
		return false
	}
	return c != nil && c.Raised == 0 && !a.trimmed(a.o.Topics.Rerouted, partition) && len(a.route(partition).rules) > 0
}

// digest hashes what an outcome repeats of its score.
func (t *table) digest(a *Auditor, id, model, version, prediction, positive string, value float64, event schemas.Instant,
	partition int32, offset int64, segments []schemas.Segment, bins []byte) uint64 {
	b := t.scratch[:0]
	text := func(s string) {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	for _, s := range [...]string{id, model, version, prediction, positive} {
		text(s)
	}
	for _, n := range [...]uint64{math.Float64bits(value), uint64(event), uint64(partition), uint64(offset)} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	for _, s := range segments {
		text(s.Field)
		text(s.Value)
	}
	b = append(b, bins...)
	t.scratch = b
	return maphash.Bytes(a.seeds[0], b)
}

// EndPartition judges a partition once its scores and outcomes are in.
func (a *Auditor) EndPartition(partition int32) {
	t, c := a.begin(partition), a.joins[partition]
	a.table = nil
	if c == nil {
		a.noteAt(Position{a.o.Topics.Scores, partition, -1}, "JOIN has committed nothing, so the outcomes were not checked")
		return
	}
	a.ledger(t, c)
	a.settled(t, c)
	if a.timed(partition) && !a.trimmed(a.o.Topics.Outcomes, partition) {
		a.repeats(t, c)
	}
}

// settled adds what the scores themselves bring to the sums, and finds those
// that should have been decided.
func (a *Auditor) settled(t *table, c *JoinCommit) {
	route, timed := a.route(t.partition), a.timed(t.partition)
	known := schemas.Beginning // what was applied by then may have had an outcome that is gone
	if a.trimmed(a.o.Topics.Outcomes, t.partition) {
		known = a.first(t.partition).outcome
	}
	for i := range t.rows {
		r := &t.rows[i]
		if !r.present || !timed {
			continue
		}
		if r.kind != schemas.Repeated && r.applied <= c.Closed {
			a.tally(t.partition, r.applied).scored += r.print
		}
		if r.kind != schemas.NoKind || r.applied > c.Closed {
			continue
		}
		if due := route.from(max(r.event.Add(r.horizon), r.applied)); known < r.applied && due <= c.Closed {
			a.broken(Conservation, "score-undecided", "", Position{a.o.Topics.Scores, t.partition, t.first + int64(i)},
				"the score has no outcome, though it was due at %v and %v is closed", due, c.Closed)
		}
	}
	if !timed {
		a.noteAt(Position{a.o.Topics.Scores, t.partition, -1}, "when the scores were applied is not known (lifts or settings are gone, or a clock was wrong): what they add to slices was not checked")
	}
}

// repeats finds ids that were scored again while their score stood, and were
// not told apart.
func (a *Auditor) repeats(t *table, c *JoinCommit) {
	order := make([]int32, 0, len(t.rows))
	for i := range t.rows {
		if r := &t.rows[i]; r.present && r.applied <= c.Closed {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(i, j int32) int {
		x, y := &t.rows[i], &t.rows[j]
		return cmp.Or(cmp.Compare(x.id[0], y.id[0]), cmp.Compare(x.id[1], y.id[1]), cmp.Compare(x.applied, y.applied))
	})
	route, whole := a.route(t.partition), !a.trimmed(a.o.Topics.Scores, t.partition)
	for from := 0; from < len(order); {
		to := from + 1
		for to < len(order) && t.rows[order[to]].id == t.rows[order[from]].id {
			to++
		}
		group := order[from:to]
		from = to
		if len(group) == 1 && t.rows[group[0]].kind != schemas.Repeated {
			continue
		}
		// Of a tick, the score that stands comes first: the others repeat it.
		slices.SortStableFunc(group, func(i, j int32) int {
			x, y := &t.rows[i], &t.rows[j]
			return cmp.Or(cmp.Compare(x.applied, y.applied), cmp.Compare(standing(y), standing(x)))
		})
		lives := schemas.Beginning
		for _, i := range group {
			r := &t.rows[i]
			at := Position{a.o.Topics.Scores, t.partition, t.first + int64(i)}
			switch alive := r.applied <= lives; {
			case alive && r.kind != schemas.Repeated:
				a.broken(Uniqueness, "id-stands-twice", "", at, "the event id had been scored before, and that score stood until %v", lives)
			case !alive && r.kind == schemas.Repeated && whole:
				a.broken(Uniqueness, "duplicate-of-nothing", "", at, "the score was set aside as a duplicate, but no score of its id stood")
			case r.kind != schemas.Repeated:
				_, rules := route.after(r.applied - 1)
				lives = route.from(max(r.event.Add(r.horizon).Add(rules.Grace), r.applied))
			}
		}
	}
}

func standing(r *row) int {
	if r.kind == schemas.Repeated {
		return 0
	}
	return 1
}

// same reports whether an outcome repeats its score.
func (t *table) same(a *Auditor, r *row, o *schemas.Outcome) bool {
	return r.digest == t.digest(a, o.EventID, o.Model, o.Version, o.Prediction, o.Positive, o.Value, o.EventTime, o.SourcePartition, o.SourceOffset, o.Segments, o.Bins)
}
