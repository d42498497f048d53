package labels

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"hindsight/schemas"
)

// history is what the topics of one partition hold. All of it is made before
// anything is read, so that it can be read in any order.
type history struct {
	scores    []schemas.Score // by offset in scores
	inPlace   []Label         // by offset in labels
	rerouted  []any           // by offset in labels-rerouted: Label, Lift or Settings
	settings  []chapter
	lifts     []Lift
	effective map[Position]schemas.Instant // the arrival of every record, lifts included
}

const (
	eventsTopic  = "events"
	labelsTopic  = "labels"
	ownPartition = 3
)

// newHistory makes n random records about few ids, so that much happens to each.
func newHistory(r *rand.Rand, n int) *history {
	h := &history{effective: map[Position]schemas.Instant{}}
	h.addSettings(randomSettings(r, schemas.Beginning))
	sources := []source{{eventsTopic, 0}, {eventsTopic, 1}, {labelsTopic, ownPartition}, {labelsTopic, 0}, {labelsTopic, 5}}
	lag := make([]schemas.Instant, len(sources))
	for i := range lag {
		lag[i] = schemas.Instant(r.Int64N(int64(5 * minute)))
	}
	clocks, next, now := map[source]schemas.Instant{}, map[source]int64{}, 100*minute
	for range n {
		if now += schemas.Instant(r.Int64N(int64(minute))); r.IntN(60) == 0 {
			now += schemas.Instant(r.Int64N(int64(60 * minute)))
		}
		switch r.IntN(40) {
		case 0:
			h.addLift(r, now, sources, next)
			continue
		case 1:
			if r.IntN(2) == 0 {
				last := h.settings[len(h.settings)-1]
				if from := now.Floor(last.Tick); from > last.From {
					h.addSettings(randomSettings(r, from))
				}
			}
			continue
		}
		i := r.IntN(len(sources))
		s := sources[i]
		stamp := now - lag[i] - schemas.Instant(r.Int64N(int64(2*minute)))
		if r.IntN(3) == 0 {
			stamp = stamp.Floor(time.Minute) // equal stamps
		}
		clocks[s] = max(clocks[s], stamp)
		h.add(r, s, next[s], clocks[s], now)
		next[s]++
	}
	return h
}

func randomSettings(r *rand.Rand, from schemas.Instant) Settings {
	pick := func(choices ...time.Duration) time.Duration { return choices[r.IntN(len(choices))] }
	s := Settings{
		From:     from,
		Tick:     pick(time.Minute, 90*time.Second, 5*time.Minute),
		Horizon:  pick(0, 7*time.Minute, 20*time.Minute),
		Grace:    pick(0, 3*time.Minute, 10*time.Minute),
		Early:    pick(0, 5*time.Minute, 30*time.Minute),
		Missing:  []string{"", "0"}[r.IntN(2)],
		Conflict: []Policy{Latest, First, Majority}[r.IntN(3)],
	}
	for range r.IntN(3) {
		h := SegmentHorizon{Horizon: pick(0, 12*time.Minute, 35*time.Minute), Segment: []schemas.Segment{{Field: "f", Value: fmt.Sprint(r.IntN(2))}}}
		if r.IntN(2) == 0 {
			h.Segment = append(h.Segment, schemas.Segment{Field: "g", Value: []string{"x", "y"}[r.IntN(2)]})
		}
		s.Horizons = append(s.Horizons, h)
	}
	return s
}

func (h *history) addSettings(s Settings) {
	h.settings = append(h.settings, chapter{Settings: s, Offset: int64(len(h.rerouted))})
	h.rerouted = append(h.rerouted, s)
}

func (h *history) addLift(r *rand.Rand, now schemas.Instant, sources []source, next map[source]int64) {
	l := Lift{Value: now + schemas.Instant(r.Int64N(int64(4*minute))) - 2*minute, Offset: int64(len(h.rerouted))}
	for _, s := range sources {
		if r.IntN(2) == 0 {
			l.Positions = append(l.Positions, Position{s.topic, s.partition, next[s]})
		}
	}
	h.lifts = append(h.lifts, l)
	h.rerouted = append(h.rerouted, l)
}

// add makes the record at an offset of a source whose clock then stands at arrival.
func (h *history) add(r *rand.Rand, s source, offset int64, arrival, now schemas.Instant) {
	id := fmt.Sprint("id", r.IntN(8))
	effective := arrival
	for _, l := range h.lifts {
		if slices.ContainsFunc(l.Positions, func(p Position) bool {
			return p.Topic == s.topic && p.Partition == s.partition && p.Offset <= offset
		}) {
			effective = max(effective, l.Value)
		}
	}
	h.effective[Position{s.topic, s.partition, offset}] = effective
	if s.topic == eventsTopic {
		score := schemas.Score{
			EventID: id, EventTime: now - schemas.Instant(r.Int64N(int64(10*minute))), Arrival: arrival,
			SourcePartition: s.partition, SourceOffset: offset,
			Model: []string{"m", "n"}[r.IntN(2)], Version: fmt.Sprint(r.IntN(2)),
			Value: float64(r.IntN(9)) / 8, Prediction: fmt.Sprint(r.IntN(2)), Positive: []string{"", "1"}[r.IntN(2)],
			Bins: []byte{1, 2}[:r.IntN(3)],
		}
		if r.IntN(2) == 0 {
			score.Segments = []schemas.Segment{{Field: "f", Value: fmt.Sprint(r.IntN(2))}, {Field: "g", Value: "x"}}
		}
		if r.IntN(4) == 0 {
			score.Challengers = []schemas.Answer{{Model: "m", Version: "9", Value: 0.5, Probabilities: []float64{0.25, 0.75}, Prediction: "1"}}
		}
		h.scores = append(h.scores, score)
		return
	}
	l := Label{
		EventID: id, Truth: fmt.Sprint(r.IntN(3)), LabelTime: now - schemas.Instant(r.Int64N(int64(4*minute))),
		Arrival: arrival, Topic: s.topic, Partition: s.partition, Offset: offset, Rerouted: -1,
	}
	if r.IntN(3) == 0 {
		l.Extra = schemas.Extra(r.Int64N(1<<r.IntN(32)) - schemas.WeightScale + 1)
	}
	if s.partition == ownPartition {
		h.inPlace = append(h.inPlace, l)
		return
	}
	l.Rerouted = int64(len(h.rerouted))
	h.rerouted = append(h.rerouted, l)
}

// arrivals calls visit with the effective arrival of every record past the offsets.
func (h *history) arrivals(from Offsets, visit func(schemas.Instant)) {
	for _, s := range h.scores[from.Scores:] {
		visit(h.effective[Position{eventsTopic, s.SourcePartition, s.SourceOffset}])
	}
	for _, l := range h.inPlace[from.Labels:] {
		visit(h.effective[Position{l.Topic, l.Partition, l.Offset}])
	}
	for _, x := range h.rerouted[from.Rerouted:] {
		if l, ok := x.(Label); ok {
			visit(h.effective[Position{l.Topic, l.Partition, l.Offset}])
		}
	}
}

// end returns an instant by which nothing is left to do.
func (h *history) end() schemas.Instant {
	end := schemas.Instant(0)
	h.arrivals(Offsets{}, func(i schemas.Instant) { end = max(end, i) })
	return end + 120*minute
}
