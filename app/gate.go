package app

import (
	"time"

	"hindsight/labels"
	"hindsight/schemas"
)

// gate is up to where partition p of scores may close ticks, and the lift that
// must be logged for it to be so.
type gate struct {
	at      schemas.Instant // Beginning: nowhere yet
	lift    *labels.Lift    // nil: none needed
	last    bool            // every source has ended: the last gate of a bounded run
	carries bool            // every source idles: time is carried on by the monotonic clock
	free    schemas.Instant // the latest clock, where nobody holds time
}

// gateInput is what decides a gate. All of it is data: the same input gives
// the same gate.
type gateInput struct {
	sample   *sample
	tick     time.Duration
	closed   schemas.Instant                             // last closed tick
	lifted   func(topic string, p int32) schemas.Instant // the lift in force for a source in this partition
	position func(id sourceID) int64                     // first offset of a source that this partition has not seen
	carried  time.Duration                               // how long all sources have been idle, times the speed of time
	arrives  func(schemas.Instant) bool                  // whether a record that is not applied arrives then or later
}

// decideGate takes the minimum of the clocks of the sources that hold time.
// A source that has ended or idles does not: it is lifted to that minimum, by
// a record, so that whoever folds these records again lifts it likewise.
func decideGate(in gateInput) gate {
	holding, free, pinned := schemas.Forever, schemas.Beginning, schemas.Forever
	allEnded := true
	var idle []sourceID
	for _, id := range in.sample.order {
		src := in.sample.sources[id]
		lifted := in.lifted(id.topic, id.partition)
		clock := max(src.clock, lifted)
		free, pinned = max(free, clock), min(pinned, lifted)
		allEnded = allEnded && src.ended
		if src.ended || src.idle {
			idle = append(idle, id)
			continue
		}
		holding = min(holding, clock)
	}
	g := gate{at: holding}
	if holding == schemas.Forever { // nobody holds time
		g.free = free
		if free == schemas.Beginning {
			return gate{at: schemas.Beginning, last: allEnded}
		}
		if g.last = allEnded; allEnded {
			// The tick strictly after every arrival, so that all are applied.
			// Where a former last gate has lifted every source already it stays.
			if g.at = free; pinned < free || in.arrives(free) {
				g.at = free.After(in.tick)
			}
		} else {
			g.at, g.carries = free.Add(in.carried).Floor(in.tick), true
		}
	}
	if g.at == schemas.Beginning || g.at.Floor(in.tick) <= in.closed {
		return g
	}
	lift := labels.Lift{Value: g.at, Offset: -1}
	for _, id := range idle {
		if max(in.sample.sources[id].clock, in.lifted(id.topic, id.partition)) < g.at {
			lift.Positions = append(lift.Positions, labels.Position{Topic: id.topic, Partition: id.partition, Offset: in.position(id)})
		}
	}
	if len(lift.Positions) > 0 {
		g.lift = &lift
	}
	return g
}
