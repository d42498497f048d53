package app

import (
	"cmp"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"hindsight/labels"
	"hindsight/schemas"
)

// dullJoin is the join in its plainest words: a map of ids, and at each tick
// the records of that tick, sorted. Nothing is stored, condensed, timed or
// taken back. It is given what stands in the topics of one partition.
type dullJoin struct {
	partition int32
	scores    []*dullLife
	labels    []labels.Label
	settings  []labels.Settings
	closed    schemas.Instant

	now      map[string]*dullLife
	waiting  map[string][]labels.Label
	graves   map[string]schemas.Instant
	lives    []*dullLife
	outcomes map[string][]schemas.Outcome
}

// dullLife is one score that stands, its labels, and how it stood when.
type dullLife struct {
	score    schemas.Score
	offset   int64
	tick     schemas.Instant
	rules    labels.Settings
	labels   []labels.Label
	states   []dullState
	revision int32
}

// dullState is how a score stood from a tick on.
type dullState struct {
	tick   schemas.Instant
	kind   schemas.Kind
	truth  string
	extra  schemas.Extra
	booked schemas.Instant
}

func (l *dullLife) state() dullState { return l.states[len(l.states)-1] }

func (j *dullJoin) run() {
	j.now, j.waiting, j.graves = map[string]*dullLife{}, map[string][]labels.Label{}, map[string]schemas.Instant{}
	j.outcomes = map[string][]schemas.Outcome{}
	first := schemas.Forever
	for _, s := range j.scores {
		first = min(first, s.score.Arrival)
	}
	for _, l := range j.labels {
		first = min(first, l.Arrival)
	}
	slices.SortFunc(j.scores, func(a, b *dullLife) int {
		return cmp.Or(cmp.Compare(a.score.Arrival, b.score.Arrival), cmp.Compare(a.score.SourcePartition, b.score.SourcePartition), cmp.Compare(a.offset, b.offset))
	})
	slices.SortFunc(j.labels, func(a, b labels.Label) int {
		return cmp.Or(cmp.Compare(a.Arrival, b.Arrival), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	// Between far stamps there is nothing to do at most ticks: they are skipped.
	for tick := j.next(first, schemas.Beginning); tick <= j.closed; tick = j.next(first, tick) {
		j.close(tick)
	}
}

// next is the next tick at which a record lies or something may fall due.
func (j *dullJoin) next(first, after schemas.Instant) schemas.Instant {
	if after == schemas.Beginning {
		if first == schemas.Forever {
			return schemas.Forever
		}
		return first.After(coreTick)
	}
	if len(j.now)+len(j.waiting)+len(j.graves) > 0 {
		return after.Add(coreTick)
	}
	next := schemas.Forever
	for _, s := range j.scores {
		if t := s.score.Arrival.After(coreTick); t > after {
			next = min(next, t)
		}
	}
	for _, l := range j.labels {
		if t := l.Arrival.After(coreTick); t > after {
			next = min(next, t)
		}
	}
	return next
}

func (j *dullJoin) close(tick schemas.Instant) {
	for _, s := range j.scores {
		if s.score.Arrival.After(coreTick) == tick {
			j.score(s, tick)
		}
	}
	for _, l := range j.labels {
		if l.Arrival.After(coreTick) != tick {
			continue
		}
		if s := j.now[l.EventID]; s != nil {
			j.label(s, l, tick)
		} else if _, dead := j.graves[l.EventID]; dead {
			j.fate(l, schemas.TooLate, tick)
		} else {
			j.waiting[l.EventID] = append(j.waiting[l.EventID], l)
		}
	}
	for id, s := range j.now {
		due := max(s.score.EventTime.Add(s.horizon()), s.tick)
		end := max(s.score.EventTime.Add(s.horizon()+s.rules.Grace), s.tick)
		if tick >= due && s.state().kind == schemas.NoKind {
			j.giveUp(s, tick)
		}
		if tick >= end {
			delete(j.now, id)
			j.graves[id] = end.Add(s.rules.Early)
		}
	}
	for id, until := range j.graves {
		if until <= tick {
			delete(j.graves, id)
		}
	}
	for id := range j.waiting {
		j.orphans(id, tick)
	}
}

func (j *dullJoin) score(s *dullLife, tick schemas.Instant) {
	id := s.score.EventID
	if j.now[id] != nil {
		j.emit(s, schemas.Outcome{Kind: schemas.Repeated, Revision: 1, Tick: tick, LabelTime: schemas.Beginning, Arrival: s.score.Arrival})
		return
	}
	delete(j.graves, id)
	s.tick, s.rules = tick, j.rules(tick)
	s.states = []dullState{{tick: tick}}
	j.now[id], j.lives = s, append(j.lives, s)
	for _, l := range j.waiting[id] {
		j.label(s, l, tick)
	}
	delete(j.waiting, id)
}

func (j *dullJoin) rules(tick schemas.Instant) (s labels.Settings) {
	for _, x := range j.settings {
		if x.From < tick {
			s = x
		}
	}
	return s
}

// horizon is longer for one side, where the settings say so.
func (s *dullLife) horizon() time.Duration {
	for _, h := range s.rules.Horizons {
		if slices.Contains(s.score.Segments, h.Segment[0]) {
			return h.Horizon
		}
	}
	return s.rules.Horizon
}

func (j *dullJoin) giveUp(s *dullLife, tick schemas.Instant) {
	kind := schemas.Unlabelled
	if s.rules.Missing != "" {
		kind = schemas.Assumed
	}
	booked := max(s.score.EventTime.Add(s.horizon()), s.score.Arrival)
	j.set(s, dullState{tick, kind, s.rules.Missing, 0, booked})
	j.emit(s, schemas.Outcome{Kind: kind, Revision: s.revision, Tick: tick, Truth: s.rules.Missing, LabelTime: schemas.Beginning, Arrival: booked})
}

func (j *dullJoin) set(s *dullLife, now dullState) {
	s.revision++
	s.states = append(s.states, now)
}

func (j *dullJoin) label(s *dullLife, l labels.Label, tick schemas.Instant) {
	o := schemas.Outcome{Tick: tick, Truth: l.Truth, Extra: l.Extra, Arrival: max(l.Arrival, s.score.Arrival),
		LabelTopic: l.Topic, LabelPartition: l.Partition, LabelOffset: l.Offset, LabelTime: l.LabelTime}
	before := s.state()
	if l.Arrival > s.score.EventTime.Add(s.horizon()+s.rules.Grace) {
		o.Fate = schemas.TooLate
		j.emit(s, o)
		return
	}
	s.labels = append(s.labels, l)
	stands := s.winner()
	switch winner, extra := stands.Truth, stands.Extra; {
	case before.kind != schemas.Matched:
		booked := o.Arrival
		if before.kind == schemas.Assumed {
			booked = before.booked
		}
		j.set(s, dullState{tick, schemas.Matched, winner, extra, booked})
		o.Fate, o.Kind, o.Revision, o.PreviousTruth = schemas.Used, schemas.Matched, s.revision, before.truth
	case winner != before.truth || extra != before.extra:
		j.set(s, dullState{tick, schemas.Matched, winner, extra, before.booked})
		o.Fate, o.Kind, o.Revision, o.Truth, o.Extra, o.PreviousTruth = schemas.Revision, schemas.Matched, s.revision, winner, extra, before.truth
	case l.Truth == winner:
		o.Fate = schemas.SameAgain
	default:
		o.Fate = schemas.Conflict
	}
	j.emit(s, o)
}

// winner sorts the labels and looks.
func (l *dullLife) winner() labels.Label {
	all := slices.Clone(l.labels)
	slices.SortFunc(all, func(a, b labels.Label) int {
		return cmp.Or(cmp.Compare(a.LabelTime, b.LabelTime), cmp.Compare(a.Arrival, b.Arrival), cmp.Compare(a.Topic, b.Topic),
			cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	best := all[len(all)-1]
	if l.rules.Conflict == labels.First {
		return all[0]
	}
	if l.rules.Conflict == labels.Majority {
		n := map[string]int{}
		for _, x := range all {
			n[x.Truth]++
		}
		for _, x := range slices.Backward(all) {
			if n[x.Truth] > n[best.Truth] {
				best = x
			}
		}
	}
	return best
}

func (j *dullJoin) orphans(id string, tick schemas.Instant) {
	until := func(l labels.Label) schemas.Instant { return l.Arrival.Add(j.rules(l.Arrival.After(coreTick)).Early) }
	all := j.waiting[id]
	slices.SortStableFunc(all, func(a, b labels.Label) int { return cmp.Compare(until(a), until(b)) })
	for len(all) > 0 && until(all[0]) <= tick {
		j.fate(all[0], schemas.Orphan, tick)
		all = all[1:]
	}
	slices.SortStableFunc(all, func(a, b labels.Label) int { return cmp.Compare(a.Arrival, b.Arrival) })
	if j.waiting[id] = all; len(all) == 0 {
		delete(j.waiting, id)
	}
}

func (j *dullJoin) emit(l *dullLife, o schemas.Outcome) {
	s := &l.score
	o.EventID, o.ScorePartition, o.ScoreOffset, o.Role = s.EventID, j.partition, l.offset, "champion"
	o.SourcePartition, o.SourceOffset, o.Model, o.Version = s.SourcePartition, s.SourceOffset, s.Model, s.Version
	o.Value, o.Prediction, o.Positive, o.EventTime, o.Segments = s.Value, s.Prediction, s.Positive, s.EventTime, s.Segments
	j.outcomes[s.EventID] = append(j.outcomes[s.EventID], o)
}

func (j *dullJoin) fate(l labels.Label, f schemas.Fate, tick schemas.Instant) {
	j.outcomes[l.EventID] = append(j.outcomes[l.EventID], schemas.Outcome{
		EventID: l.EventID, Fate: f, Tick: tick, ScorePartition: -1, SourcePartition: -1, Truth: l.Truth, Extra: l.Extra, Arrival: l.Arrival,
		LabelTopic: l.Topic, LabelPartition: l.Partition, LabelOffset: l.Offset, LabelTime: l.LabelTime,
	})
}

// dullCell names the sums that a slice adds to.
type dullCell struct {
	clock            schemas.Clock
	start            schemas.Instant
	version, segment string
}

// deltas are what each tick changes: how the lives stand after it less how
// they stood before.
func (j *dullJoin) deltas(width map[schemas.Clock]time.Duration) map[schemas.Instant]map[dullCell]*schemas.Sums {
	all := map[schemas.Instant]map[dullCell]*schemas.Sums{}
	for _, l := range j.lives {
		for i, s := range l.states {
			if i+1 < len(l.states) && l.states[i+1].tick == s.tick {
				continue // it did not last
			}
			if all[s.tick] == nil {
				all[s.tick] = map[dullCell]*schemas.Sums{}
			}
			before := i - 1
			for before >= 0 && l.states[before].tick == s.tick {
				before--
			}
			if before >= 0 {
				l.add(all[s.tick], l.states[before], -1, width)
			}
			l.add(all[s.tick], s, 1, width)
		}
	}
	for _, cells := range all {
		for at, s := range cells {
			if s.IsZero() {
				delete(cells, at)
			}
		}
	}
	return all
}

func (l *dullLife) add(cells map[dullCell]*schemas.Sums, s dullState, sign int64, width map[schemas.Clock]time.Duration) {
	for _, segment := range []string{"", l.score.Segments[0].Field + "=" + l.score.Segments[0].Value} {
		for _, clock := range []schemas.Clock{schemas.EventClock, schemas.LabelClock} {
			at := l.score.EventTime
			if clock == schemas.LabelClock {
				at = s.booked
			}
			if clock == schemas.LabelClock && s.kind == schemas.NoKind {
				continue
			}
			key := dullCell{clock, at.Floor(width[clock]), l.score.Version, segment}
			if cells[key] == nil {
				cells[key] = &schemas.Sums{}
			}
			sums := cells[key]
			sums.Scored += sign
			if clock == schemas.EventClock {
				sums.Await(sign, l.score.Positive, l.score.Value)
			}
			switch s.kind {
			case schemas.Unlabelled:
				sums.Unlabelled += sign
			case schemas.Assumed, schemas.Matched:
				o := schemas.Observation{Truth: s.truth, Prediction: l.score.Prediction, Positive: l.score.Positive,
					Value: l.score.Value, Assumed: s.kind == schemas.Assumed, Extra: s.extra}
				sums.Observe(sign, o)
				if clock == schemas.EventClock {
					sums.Learn(sign, o, schemas.DelayBin(s.booked.Sub(l.score.EventTime)))
				}
			}
		}
	}
}

// newDullJoin takes the records of partition p from the topics: the arrivals
// of scores and labels are computed anew from the users' inputs.
func newDullJoin(w *coreWorld, p int32, arrivals map[labels.Position]schemas.Instant) (*dullJoin, error) {
	j := &dullJoin{partition: p, closed: schemas.Beginning}
	var lifts []labels.Lift
	rerouted := w.broker.log("labels-rerouted", p)
	if err := rerouted.committed(0, rerouted.end(), func(r *kgo.Record) error {
		rec, err := readRerouted(r)
		if err != nil {
			return err
		}
		if rec.lift != nil {
			lifts = append(lifts, *rec.lift)
		}
		if rec.settings != nil {
			s := *rec.settings
			if n := len(j.settings); n > 0 {
				s.From = max(s.From, j.settings[n-1].From)
			}
			j.settings = append(j.settings, s)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	w.met.settings += len(j.settings) - 1
	w.met.lifts += len(lifts)
	arrival := func(at labels.Position) schemas.Instant {
		i := arrivals[at]
		for _, l := range lifts {
			for _, p := range l.Positions {
				if p.Topic == at.Topic && p.Partition == at.Partition && p.Offset <= at.Offset && l.Value > i {
					i = l.Value
					w.met.lifted++
				}
			}
		}
		return i
	}
	log := w.broker.log("scores", p)
	if err := log.committed(0, log.end(), func(r *kgo.Record) error {
		s, err := decodeScore(r)
		if err != nil {
			return err
		}
		life := &dullLife{score: *s, offset: r.Offset}
		life.score.Arrival = arrival(labels.Position{Topic: "events", Partition: s.SourcePartition, Offset: s.SourceOffset})
		j.scores = append(j.scores, life)
		return nil
	}); err != nil {
		return nil, err
	}
	for id, inputs := range w.inputs {
		for offset, x := range inputs {
			at := labels.Position{Topic: id.topic, Partition: id.partition, Offset: int64(offset)}
			if _, counts := arrivals[at]; !counts || id.topic != "labels" || corePlace(x.ID, w.c.Scores) != p {
				continue
			}
			own, _ := x.instants()
			extra, err := schemas.ExtraOf(x.weight())
			if err != nil {
				return nil, err
			}
			j.labels = append(j.labels, labels.Label{EventID: x.ID, Truth: string('0' + rune(x.Class)), Extra: extra, LabelTime: own,
				Arrival: arrival(at), Topic: id.topic, Partition: id.partition, Offset: int64(offset)})
		}
	}
	state := newJoinCommit()
	if err := decodeCommit("scores", p, w.broker.commits[sourceID{"scores", p}].metadata, &state); err != nil {
		return nil, err
	}
	j.closed = state.Status.Closed
	return j, nil
}
