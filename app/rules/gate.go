package rules

import (
	"time"

	"hindsight/labels"
	"hindsight/schemas"
)

// Source is what is known of one partition of events or labels at one moment,
// seen from one partition of scores.
type Source struct {
	Topic     string
	Partition int32
	Clock     schemas.Instant // committed
	Ended     bool            // a bounded run has read it to its end
	Idle      bool            // verified to have nothing to read, for labels.idle_after
	Lifted    schemas.Instant // the lift in force for it, Beginning for none
	Position  int64           // its first offset that the partition of scores has not seen
}

func (s *Source) clock() schemas.Instant { return max(s.Clock, s.Lifted) }

// Gate is up to where a partition of scores may close ticks, and the lift that
// must be logged for it to be so.
type Gate struct {
	At      schemas.Instant // Beginning: nowhere yet
	Lift    *labels.Lift    // nil: none needed
	Last    bool            // every source has ended: the last gate of a bounded run
	Carries bool            // every source idles: time is carried on by the monotonic clock
	Free    schemas.Instant // the latest clock, where nobody holds time
}

// Moment is what decides a gate. All of it is data: the same moment gives the
// same gate.
type Moment struct {
	Sources []Source // all of them, in one order everywhere
	Tick    time.Duration
	Closed  schemas.Instant            // last closed tick
	Carried time.Duration              // how long all sources have been idle, times the speed of time
	Arrives func(schemas.Instant) bool // whether a record that is not applied arrives then or later
}

// Decide takes the minimum of the clocks of the sources that hold time. A
// source that has ended or idles does not: it is lifted to that minimum, by a
// record, so that whoever folds these records again lifts it likewise.
func Decide(m Moment) Gate {
	holding, free, pinned := schemas.Forever, schemas.Beginning, schemas.Forever
	allEnded := true
	var idle []*Source
	for i := range m.Sources {
		s := &m.Sources[i]
		free, pinned = max(free, s.clock()), min(pinned, s.Lifted)
		allEnded = allEnded && s.Ended
		if s.Ended || s.Idle {
			idle = append(idle, s)
			continue
		}
		holding = min(holding, s.clock())
	}
	g := Gate{At: holding}
	if holding == schemas.Forever { // nobody holds time
		g.Free = free
		if free == schemas.Beginning {
			return Gate{At: schemas.Beginning, Last: allEnded}
		}
		if g.Last = allEnded; allEnded {
			// The tick strictly after every arrival, so that all are applied.
			// Where a former last gate has lifted every source already it stays.
			if g.At = free; pinned < free || m.Arrives(free) {
				g.At = free.After(m.Tick)
			}
		} else {
			g.At, g.Carries = free.Add(m.Carried).Floor(m.Tick), true
		}
	}
	if g.At == schemas.Beginning || g.At.Floor(m.Tick) <= m.Closed {
		return g
	}
	lift := labels.Lift{Value: g.At, Offset: -1}
	for _, s := range idle {
		if s.clock() < g.At {
			lift.Positions = append(lift.Positions, labels.Position{Topic: s.Topic, Partition: s.Partition, Offset: s.Position})
		}
	}
	if len(lift.Positions) > 0 {
		g.Lift = &lift
	}
	return g
}
