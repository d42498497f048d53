package app

import (
	"context"
	"maps"
	"time"

	"hindsight/app/rules"
	"hindsight/schemas"
)

// advance samples the clocks where a partition needs it, and closes in each
// partition the ticks up to its gate.
func (s *joinStage) advance(ctx context.Context, now time.Time) error {
	var fresh *sample
	s.more = false
	parts := s.ordered()
	s.turn++
	for i := range parts {
		p := parts[(i+s.turn)%len(parts)] // none is always the last to decide
		if p.pending == nil {
			if fresh == nil {
				var err error
				if fresh, err = s.clocks.read(ctx, now); err != nil {
					return err
				}
				maps.Copy(s.publish.ends, fresh.outcomesEnd)
			}
			p.pending = fresh
		}
		if err := s.advancePartition(p, now); err != nil {
			return err
		}
	}
	return nil
}

func (s *joinStage) advancePartition(p *joinPartition, now time.Time) error {
	if p.scores >= p.pending.scoresEnd[p.id] && p.rerouted >= p.pending.reroutedEnd[p.id] {
		if err := s.openGate(p, now); err != nil {
			return err
		}
		p.pending = nil
	}
	if p.logging || p.gate == schemas.Beginning || p.gate.Floor(s.config.Watch.Tick) <= p.join.Closed() {
		if p.last && !p.ended && !p.logging {
			p.ended, p.touched = true, true
		}
		return nil
	}
	p.touched = true
	if s.most > 0 && s.publish.outcomes >= s.most || s.mostBytes > 0 && s.batch.Size() > s.mostBytes {
		s.more, p.ended = true, false
		return nil
	}
	done, err := p.join.Close(s.batch, p.gate, s.publish.emitter(p.id))
	p.ended, s.more = done && p.last, s.more || !done
	return err
}

// openGate moves the gate by a sample whose ends are reached.
func (s *joinStage) openGate(p *joinPartition, now time.Time) error {
	since := max(0, min(now.Sub(p.carried), s.clocks.quietest(now)))
	var fault error
	g := rules.Decide(rules.Moment{
		Sources: s.sources(p), Tick: s.config.Watch.Tick, Closed: p.join.Closed(),
		Carried: time.Duration(float64(since) * s.speed),
		Arrives: func(i schemas.Instant) (found bool) {
			found, fault = p.join.Arrives(s.batch, i)
			return found
		},
	})
	if fault != nil {
		return fault
	}
	if g.Lift != nil {
		// The record will stand at or past this offset: early enough for a rebuild.
		g.Lift.Offset = p.rerouted
		if err := p.join.AddLift(s.batch, g.Lift); err != nil {
			return err
		}
		s.publish.decision(p.id, reroutedLift, g.Lift)
		p.touched = true
	}
	if g.Carries && g.Lift != nil {
		p.carried = p.carried.Add(now.Sub(p.carried) - since + time.Duration(float64(g.At.Sub(g.Free))/s.speed))
	}
	if g.At != schemas.Beginning {
		p.gate = max(p.gate, g.At)
	}
	p.last = g.Last
	return nil
}

// sources are the clocks of p's sample, as p sees them.
func (s *joinStage) sources(p *joinPartition) []rules.Source {
	all := make([]rules.Source, 0, len(p.pending.order))
	for _, id := range p.pending.order {
		src := p.pending.sources[id]
		all = append(all, rules.Source{
			Topic: id.topic, Partition: id.partition, Clock: src.clock, Ended: src.ended, Idle: src.idle,
			Lifted: p.join.Lifted(id.topic, id.partition), Position: s.position(p, id),
		})
	}
	return all
}

// position is the first offset of a source that p has not seen: what a lift
// names. The sample's offset is right for sources that showed p nothing,
// because p has read to the ends that were taken after it.
func (s *joinStage) position(p *joinPartition, id sourceID) int64 {
	return max(p.pending.sources[id].offset, p.seen[id])
}

// allEnded reports whether every partition of scores, whoever owns it, has
// closed its last tick.
func (s *joinStage) allEnded(ctx context.Context) (bool, error) {
	if !s.recovering.none() {
		return false, nil
	}
	for _, p := range s.parts {
		if !p.ended {
			return false, nil
		}
	}
	now, err := s.clocks.read(ctx, time.Now())
	if err != nil {
		return false, err
	}
	return now.joinEnded, nil
}
