package audit

import (
	"hash/maphash"

	"hindsight/schemas"
)

// tally is what one tick of one partition adds, by its outcomes and by its
// slices. A print is linear: that of a sum is the sum of the prints, so equal
// sums leave zero whatever their order, and a difference does not.
type tally struct {
	sums    uint64                 // outcomes less slices, but for the next
	scored  uint64                 // the same for how many were scored, on the event clock
	said    counts                 // by outcomes
	told    counts                 // by slices
	fates   map[schemas.Fate]int64 // of labels, by outcomes less by slices; those that wait are in no outcome
	unknown bool                   // what an outcome took back is not known
}

func (t *tally) fated(f schemas.Fate, n int64) {
	if t.fates == nil {
		t.fates = map[schemas.Fate]int64{}
	}
	if t.fates[f] += n; t.fates[f] == 0 {
		delete(t.fates, f)
	}
}

// counts are of the event clock and of the whole, for people.
type counts struct{ labelled, unlabelled int64 }

func (a *Auditor) tally(partition int32, tick schemas.Instant) *tally {
	of := a.ticks[partition]
	if of == nil {
		of = map[schemas.Instant]*tally{}
		a.ticks[partition] = of
	}
	t := of[tick]
	if t == nil {
		t = new(tally)
		of[tick] = t
	}
	return t
}

// cellKey names a cell of the slices.
type cellKey struct {
	model   string
	clock   schemas.Clock
	start   schemas.Instant
	version string
	segment string
}

// mix spreads the bits of x, as SplitMix64 does.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// The fields of Sums, told apart in prints.
const (
	scoredField = iota + 1
	unlabelledField
	assumedField
	lossyField
	lossField
	squaresField
	pairField
	histogramField
	delayField
	pairExtraField
	pairSquaresField
	binExtraField
	binSquaresField
)

// print returns the print of sums in a cell.
func (a *Auditor) print(k cellKey, s *schemas.Sums) uint64 {
	h := maphash.Comparable(a.seeds[0], k)
	field := func(tag, n uint64) uint64 { return mix(h^mix(tag^n<<8)) | 1 }
	p := field(scoredField, 0)*uint64(s.Scored) + field(unlabelledField, 0)*uint64(s.Unlabelled) + field(assumedField, 0)*uint64(s.Assumed) +
		field(lossyField, 0)*uint64(s.Lossy) + field(lossField, 0)*uint64(s.LossSum) + field(squaresField, 0)*uint64(s.LossSquares)
	for _, x := range s.Pairs {
		p += field(pairField, maphash.Comparable(a.seeds[0], [2]string{x.Truth, x.Prediction})) * uint64(x.N)
	}
	for _, x := range s.Histogram {
		n := uint64(x.Bin) << 1
		if x.Positive {
			n |= 1
		}
		p += field(histogramField, n) * uint64(x.N)
	}
	for _, x := range s.Delays {
		p += field(delayField, maphash.Comparable(a.seeds[0], schemas.Delay{Truth: x.Truth, Bin: x.Bin})) * uint64(x.N)
	}
	for _, x := range s.PairWeights {
		n := maphash.Comparable(a.seeds[0], [2]string{x.Truth, x.Prediction})
		p += field(pairExtraField, n)*uint64(x.Extra) + field(pairSquaresField, n)*uint64(x.Squares)
	}
	for _, x := range s.BinWeights {
		n := uint64(x.Bin) << 1
		if x.Positive {
			n |= 1
		}
		p += field(binExtraField, n)*uint64(x.Extra) + field(binSquaresField, n)*uint64(x.Squares)
	}
	return p
}

// spreading is what one change adds to its cells.
type spreading struct {
	print uint64
	told  counts
}

// spread adds a change to the whole and to each segment.
func (a *Auditor) spread(clock schemas.Clock, start schemas.Instant, model, version string, segments []schemas.Segment, s *schemas.Sums) spreading {
	k := cellKey{model: model, clock: clock, start: start, version: version}
	x := spreading{print: a.print(k, s)}
	if clock == schemas.EventClock {
		x.told.unlabelled = s.Unlabelled
		for _, p := range s.Pairs {
			x.told.labelled += p.N
		}
	}
	for _, segment := range segments {
		k.segment = segment.Field + "=" + segment.Value
		x.print += a.print(k, s)
	}
	return x
}

// sum adds what an outcome changes to the tally of its tick. r stands as before
// the outcome; known says that this is certain.
func (a *Auditor) sum(t *table, r *row, o *schemas.Outcome, known bool) {
	to := a.tally(t.partition, o.Tick)
	if o.Kind == schemas.Repeated {
		return
	}
	if !known {
		// What it takes back was booked by an outcome that is gone.
		to.unknown, r.booked = true, schemas.Forever
		return
	}
	if r.booked == schemas.Forever {
		to.unknown = true
		return
	}
	add := func(clock schemas.Clock, at schemas.Instant, s *schemas.Sums) {
		width := a.o.EventWidth
		if clock == schemas.LabelClock {
			width = a.o.LabelWidth
		}
		x := a.spread(clock, at.Floor(width), o.Model, o.Version, o.Segments, s)
		to.sums += x.print
		to.said.labelled += x.told.labelled
		to.said.unlabelled += x.told.unlabelled
	}
	seen := func(truth string, extra schemas.Extra, assumed bool) schemas.Observation {
		return schemas.Observation{Truth: truth, Prediction: o.Prediction, Positive: o.Positive, Value: o.Value, Assumed: assumed, Extra: extra}
	}
	learn := func(s *schemas.Sums, sign int64, truth string) {
		s.Learn(sign, seen(truth, 0, false), schemas.DelayBin(r.booked.Sub(o.EventTime)))
	}
	var event, label schemas.Sums // what both clocks get, at the place where the score is booked
	switch {
	case o.Kind == schemas.Unlabelled:
		r.booked = o.Arrival
		event.Unlabelled, label.Unlabelled, label.Scored = 1, 1, 1
	case o.Kind == schemas.Assumed:
		r.booked = o.Arrival
		event.Observe(1, seen(o.Truth, 0, true))
		label.Observe(1, seen(o.Truth, 0, true))
		learn(&event, 1, o.Truth)
		label.Scored = 1
	case r.kind == schemas.NoKind, r.kind == schemas.Unlabelled:
		if r.kind == schemas.Unlabelled {
			event.Unlabelled = -1
			add(schemas.LabelClock, r.booked, &schemas.Sums{Scored: -1, Unlabelled: -1})
		}
		r.booked = o.Arrival
		event.Observe(1, seen(o.Truth, o.Extra, false))
		label.Observe(1, seen(o.Truth, o.Extra, false))
		learn(&event, 1, o.Truth)
		label.Scored = 1
	default:
		learn(&event, -1, o.PreviousTruth)
		learn(&event, 1, o.Truth)
		for _, s := range []*schemas.Sums{&event, &label} {
			s.Observe(-1, seen(o.PreviousTruth, t.taken, r.kind == schemas.Assumed))
			s.Observe(1, seen(o.Truth, o.Extra, false))
		}
	}
	add(schemas.EventClock, o.EventTime, &event)
	add(schemas.LabelClock, r.booked, &label)
}
