package labels

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"hindsight/schemas"
)

// reference is the join as a function of the set of records: per event id a
// walk over all ticks, with nothing condensed, cached, timed or stored.
type reference struct {
	h        *history
	ticks    []schemas.Instant
	outcomes map[string][]schemas.Outcome
	sums     map[cellKey]*schemas.Sums
	fates    map[fateKey]int64
}

// life is one score that stands, and its labels.
type life struct {
	score    schemas.Score
	offset   int
	tick     schemas.Instant
	rules    Settings
	kind     schemas.Kind
	revision int32
	labels   []Label
	truth    string
	extra    schemas.Extra
	booked   schemas.Instant
}

func newReference(h *history, end schemas.Instant) *reference {
	ref := &reference{h: h, outcomes: map[string][]schemas.Outcome{}, sums: map[cellKey]*schemas.Sums{}, fates: map[fateKey]int64{}}
	for n, c := range h.settings {
		last := end
		if n+1 < len(h.settings) {
			last = min(end, h.settings[n+1].From)
		}
		for t := max(c.From, 0).After(c.Tick); t <= last; t = t.After(c.Tick) {
			ref.ticks = append(ref.ticks, t)
		}
	}
	ids := map[string]bool{}
	for _, s := range h.scores {
		ids[s.EventID] = true
	}
	for _, l := range ref.labels("") {
		ids[l.EventID] = true
	}
	for id := range ids {
		ref.walk(id)
	}
	return ref
}

// tick returns the tick a record of this arrival belongs to; Forever if that is after the end.
func (ref *reference) tick(arrival schemas.Instant) schemas.Instant {
	i := sort.Search(len(ref.ticks), func(i int) bool { return ref.ticks[i] > arrival })
	if i == len(ref.ticks) {
		return schemas.Forever
	}
	return ref.ticks[i]
}

func (ref *reference) rules(tick schemas.Instant) (s Settings) {
	for _, c := range ref.h.settings {
		if c.From < tick {
			s = c.Settings
		}
	}
	return s
}

// labels returns all labels of an id ("": of all), arrivals raised, in order.
func (ref *reference) labels(id string) (all []Label) {
	add := func(l Label) {
		l.Arrival = ref.h.effective[Position{l.Topic, l.Partition, l.Offset}]
		if id == "" || l.EventID == id {
			all = append(all, l)
		}
	}
	for _, l := range ref.h.inPlace {
		add(l)
	}
	for _, x := range ref.h.rerouted {
		if l, ok := x.(Label); ok {
			add(l)
		}
	}
	slices.SortFunc(all, func(a, b Label) int {
		return cmp.Or(cmp.Compare(a.Arrival, b.Arrival), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	return all
}

func (ref *reference) scores(id string) (all []*life) {
	for i, s := range ref.h.scores {
		if s.EventID == id {
			s.Arrival = ref.h.effective[Position{eventsTopic, s.SourcePartition, s.SourceOffset}]
			all = append(all, &life{score: s, offset: i})
		}
	}
	slices.SortFunc(all, func(a, b *life) int {
		return cmp.Or(cmp.Compare(a.score.Arrival, b.score.Arrival), cmp.Compare(a.score.SourcePartition, b.score.SourcePartition),
			cmp.Compare(a.score.SourceOffset, b.score.SourceOffset))
	})
	return all
}

// walk decides everything about one id.
func (ref *reference) walk(id string) {
	scores, labels := ref.scores(id), ref.labels(id)
	var now *life
	var lives []*life
	var waiting []Label
	grave := schemas.Beginning
	for _, tick := range ref.ticks {
		for _, s := range scores {
			switch {
			case ref.tick(s.score.Arrival) != tick:
			case now != nil:
				ref.emit(s, schemas.Outcome{Kind: schemas.Repeated, Revision: 1, Tick: tick, LabelTime: schemas.Beginning, Arrival: s.score.Arrival})
			default:
				now, grave = s, schemas.Beginning
				now.tick, now.rules = tick, ref.rules(tick)
				lives = append(lives, now)
				for _, l := range waiting {
					ref.fated(l, schemas.NoFate, tick, -1)
					ref.label(now, l, tick)
				}
				waiting = nil
			}
		}
		for _, l := range labels {
			switch {
			case ref.tick(l.Arrival) != tick:
			case now != nil:
				ref.label(now, l, tick)
			case grave > schemas.Beginning:
				ref.fate(id, l, schemas.TooLate, tick)
			default:
				waiting = append(waiting, l)
				ref.fated(l, schemas.NoFate, tick, 1)
			}
		}
		if now != nil {
			due := max(now.score.EventTime.Add(now.horizon()), now.tick)
			end := max(now.score.EventTime.Add(now.horizon()).Add(now.rules.Grace), due)
			if tick >= due && now.kind == schemas.NoKind {
				ref.giveUp(now, tick)
			}
			if tick >= end {
				grave, now = end.Add(now.rules.Early), nil
			}
		}
		if grave <= tick {
			grave = schemas.Beginning
		}
		var orphans []Label
		waiting = slices.DeleteFunc(waiting, func(l Label) bool {
			if ref.patience(l) <= tick {
				orphans = append(orphans, l)
			}
			return ref.patience(l) <= tick
		})
		slices.SortStableFunc(orphans, func(a, b Label) int { return cmp.Compare(ref.patience(a), ref.patience(b)) })
		for _, l := range orphans {
			ref.fated(l, schemas.NoFate, tick, -1)
			ref.fate(id, l, schemas.Orphan, tick)
		}
	}
	for _, l := range lives {
		ref.count(l)
	}
}

// patience returns until when a label waits for its score.
func (ref *reference) patience(l Label) schemas.Instant {
	return l.Arrival.Add(ref.rules(ref.tick(l.Arrival)).Early)
}

// horizon looks through the horizons of segments.
func (now *life) horizon() time.Duration {
	for _, h := range now.rules.Horizons {
		met := 0
		for _, s := range h.Segment {
			if slices.Contains(now.score.Segments, s) {
				met++
			}
		}
		if met == len(h.Segment) {
			return h.Horizon
		}
	}
	return now.rules.Horizon
}

func (ref *reference) giveUp(now *life, tick schemas.Instant) {
	now.kind, now.truth = schemas.Unlabelled, ""
	if now.rules.Missing != "" {
		now.kind, now.truth = schemas.Assumed, now.rules.Missing
	}
	now.booked = max(now.score.EventTime.Add(now.horizon()), now.score.Arrival)
	now.revision++
	ref.emit(now, schemas.Outcome{Kind: now.kind, Revision: now.revision, Tick: tick, Truth: now.truth,
		LabelTime: schemas.Beginning, Arrival: now.booked})
}

func (ref *reference) label(now *life, l Label, tick schemas.Instant) {
	o := schemas.Outcome{Tick: tick, Truth: l.Truth, Extra: l.Extra, Arrival: max(l.Arrival, now.score.Arrival)}
	if l.Arrival > now.score.EventTime.Add(now.horizon()).Add(now.rules.Grace) {
		o.Fate = schemas.TooLate
		ref.emitLabel(now, l, o)
		return
	}
	now.labels = append(now.labels, l)
	stands := ref.winner(now)
	winner, extra := stands.Truth, stands.Extra
	switch {
	case now.kind != schemas.Matched:
		if now.kind != schemas.Assumed {
			now.booked = o.Arrival
		}
		o.Fate = schemas.Used
	case winner != now.truth || extra != now.extra:
		o.Fate = schemas.Revision
	case l.Truth == winner:
		o.Fate = schemas.SameAgain
	default:
		o.Fate = schemas.Conflict
	}
	if o.Fate == schemas.Used || o.Fate == schemas.Revision {
		now.kind = schemas.Matched
		now.revision++
		o.Kind, o.Revision, o.Truth, o.PreviousTruth = now.kind, now.revision, winner, now.truth
		now.truth, now.extra = winner, extra
		o.Extra = extra
	}
	ref.emitLabel(now, l, o)
}

// winner sorts all labels and looks.
func (ref *reference) winner(now *life) Label {
	all := slices.Clone(now.labels)
	slices.SortFunc(all, func(a, b Label) int { return a.rank().compare(b.rank()) })
	if now.rules.Conflict == First {
		return all[0]
	}
	last := all[len(all)-1]
	if now.rules.Conflict == Latest {
		return last
	}
	n := map[string]int{}
	for _, l := range all {
		n[l.Truth]++
	}
	best := last
	for _, l := range slices.Backward(all) {
		if n[l.Truth] > n[best.Truth] {
			best = l
		}
	}
	return best
}

func (ref *reference) emit(now *life, o schemas.Outcome) {
	s := &now.score
	o.EventID, o.ScorePartition, o.ScoreOffset = s.EventID, ownPartition, int64(now.offset)
	o.SourcePartition, o.SourceOffset = s.SourcePartition, s.SourceOffset
	o.Model, o.Version, o.Role, o.Value, o.Prediction, o.Positive = s.Model, s.Version, champion, s.Value, s.Prediction, s.Positive
	o.EventTime, o.Segments, o.Bins, o.Challengers = s.EventTime, s.Segments, s.Bins, s.Challengers
	ref.outcomes[s.EventID] = append(ref.outcomes[s.EventID], o)
}

func (ref *reference) emitLabel(now *life, l Label, o schemas.Outcome) {
	o.LabelTopic, o.LabelPartition, o.LabelOffset, o.LabelTime = l.Topic, l.Partition, l.Offset, l.LabelTime
	ref.fated(l, o.Fate, o.Tick, 1)
	ref.emit(now, o)
}

func (ref *reference) fate(id string, l Label, f schemas.Fate, tick schemas.Instant) {
	ref.fated(l, f, tick, 1)
	ref.outcomes[id] = append(ref.outcomes[id], schemas.Outcome{
		EventID: id, Fate: f, Tick: tick, ScorePartition: -1, SourcePartition: -1, Truth: l.Truth, Extra: l.Extra, Arrival: l.Arrival,
		LabelTopic: l.Topic, LabelPartition: l.Partition, LabelOffset: l.Offset, LabelTime: l.LabelTime,
	})
}

// fateKey is where a label is counted.
type fateKey struct {
	tick, start schemas.Instant
	fate        schemas.Fate
}

func (ref *reference) fated(l Label, f schemas.Fate, tick schemas.Instant, sign int64) {
	at := fateKey{tick, l.Arrival.Floor(labelWidth), f}
	if ref.fates[at] += sign; ref.fates[at] == 0 {
		delete(ref.fates, at)
	}
}

// count adds what a life has come to, in one go: no retraction is ever needed.
func (ref *reference) count(l *life) {
	add := func(clock schemas.Clock, at schemas.Instant, width time.Duration, f func(*schemas.Sums)) {
		segments := []string{""}
		for _, s := range l.score.Segments {
			segments = append(segments, s.Field+"="+s.Value)
		}
		for _, segment := range segments {
			at := cellKey{clock, at.Floor(width), width, l.score.Model, l.score.Version, segment}
			if ref.sums[at] == nil {
				ref.sums[at] = new(schemas.Sums)
			}
			f(ref.sums[at])
		}
	}
	decided := func(s *schemas.Sums) {
		switch l.kind {
		case schemas.Unlabelled:
			s.Unlabelled++
		case schemas.Assumed, schemas.Matched:
			s.Observe(1, schemas.Observation{Truth: l.truth, Prediction: l.score.Prediction, Positive: l.score.Positive,
				Value: l.score.Value, Assumed: l.kind == schemas.Assumed, Extra: l.extra})
		}
	}
	add(schemas.EventClock, l.score.EventTime, eventWidth, func(s *schemas.Sums) {
		s.Scored++
		decided(s)
		s.Await(1, l.score.Positive, l.score.Value)
		if l.kind == schemas.Assumed || l.kind == schemas.Matched {
			s.Learn(1, schemas.Observation{Truth: l.truth, Prediction: l.score.Prediction, Positive: l.score.Positive, Value: l.score.Value}, schemas.DelayBin(l.booked.Sub(l.score.EventTime)))
		}
	})
	if l.kind != schemas.NoKind {
		add(schemas.LabelClock, l.booked, labelWidth, func(s *schemas.Sums) { s.Scored++; decided(s) })
	}
}
