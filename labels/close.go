package labels

import (
	"fmt"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// Close closes the ticks at or before gate at which something falls due, and
// passes the others in one step. It returns false where it stopped before the
// gate because the batch is large: commit, and call it again. Of all records
// whose tick is at or before gate none may be added later.
func (j *Join) Close(b store.Batch, gate schemas.Instant, out Emitter) (done bool, err error) {
	if gate == schemas.Forever {
		return false, fmt.Errorf("join of partition %d: ticks close up to an instant, not for ever", j.id)
	}
	j.emit = out
	done = true
	for next := j.Next(); next <= gate && done; next = j.Next() {
		if err := j.closeTick(b, next); err != nil {
			return false, fmt.Errorf("join of partition %d: tick %v: %w", j.id, next, err)
		}
		done = j.config.BatchBytes <= 0 || b.Size() <= j.config.BatchBytes
	}
	if done {
		j.pass(j.meta.Timeline.last(gate))
	}
	if err := j.tell(); err != nil {
		return false, fmt.Errorf("join of partition %d: %w", j.id, err)
	}
	return done, nil
}

// closeTick decides everything that falls due at one tick.
func (j *Join) closeTick(b store.Batch, tick schemas.Instant) error {
	j.sums.begin(tick)
	err := j.drain(b, scoreInbox, tick, &j.earliest.score, func(at schemas.Instant, rest, value []byte) error {
		return j.scoreFromInbox(b, tick, at, rest, value)
	})
	if err != nil {
		return err
	}
	err = j.drain(b, labelInbox, tick, &j.earliest.label, func(at schemas.Instant, rest, value []byte) error {
		return j.labelFromInbox(b, tick, at, rest, value)
	})
	if err != nil {
		return err
	}
	err = j.drain(b, timerKey, tick+1, &j.earliest.timer, func(_ schemas.Instant, rest, _ []byte) error {
		return j.fire(b, tick, rest)
	})
	if err != nil {
		return err
	}
	if err := j.emitSlices(); err != nil {
		return err
	}
	j.pass(tick)
	return nil
}

// pass moves on to a tick at which nothing is left to do.
func (j *Join) pass(tick schemas.Instant) {
	if tick <= j.meta.Closed {
		return
	}
	j.meta.Closed = tick
	j.meta.Timeline.prune(tick)
	j.meta.Needs.prune(tick)
}

// tell closes the last closed tick for the models that it added nothing to.
func (j *Join) tell() error {
	if j.meta.Closed == schemas.Beginning {
		return nil
	}
	for _, model := range j.models {
		if told, ok := j.told[model]; ok && told >= j.meta.Closed {
			continue
		}
		j.told[model] = j.meta.Closed
		err := j.emit.Slice(&schemas.Slice{Model: model, Partition: j.id, Partitions: j.partitions, Tick: j.meta.Closed})
		if err != nil {
			return err
		}
	}
	return nil
}

func (j *Join) scoreFromInbox(b store.Batch, tick, arrival schemas.Instant, rest, value []byte) error {
	p, ok := placeOf(rest)
	d := decoder{rest: string(value)}
	lifted := d.int()
	s := &j.score
	s.EventID = d.text()
	d.score(s)
	if !ok || !d.ok() {
		return fmt.Errorf("score of arrival %v: %w", arrival, ErrDamaged)
	}
	s.Arrival = arrival
	return j.applyScore(b, tick, p.read, lifted)
}

func (j *Join) labelFromInbox(b store.Batch, tick, arrival schemas.Instant, rest, value []byte) error {
	p, ok := placeOf(rest)
	d := decoder{rest: string(value)}
	w := waits{lifted: d.int()}
	w.Label = Label{EventID: d.text(), Truth: d.text(), LabelTime: d.instant(), Arrival: arrival,
		Topic: p.topic, Partition: p.partition, Offset: p.offset, Rerouted: p.read}
	if !ok || !d.ok() {
		return fmt.Errorf("label of arrival %v: %w", arrival, ErrDamaged)
	}
	return j.applyLabel(b, tick, &w)
}

// setTimer makes a key of idKey or waitingKey fire at the first tick at or
// after an instant, which must not be closed.
func (j *Join) setTimer(b store.Batch, at schemas.Instant, kind byte, rest []byte) error {
	j.earliest.timer = min(j.earliest.timer, at)
	return b.Set(j.timer(at, kind, rest), nil)
}

func (j *Join) dropTimer(b store.Batch, at schemas.Instant, kind byte, rest []byte) error {
	return b.Delete(j.timer(at, kind, rest))
}

func (j *Join) timer(at schemas.Instant, kind byte, rest []byte) []byte {
	j.otherKey = append(append(j.prefix.timed(j.otherKey, timerKey, at), kind), rest...)
	return j.otherKey
}

// fire does what falls due for an event id or a waiting label.
func (j *Join) fire(b store.Batch, tick schemas.Instant, rest []byte) error {
	if len(rest) > 0 && rest[0] == idKey {
		return j.expire(b, tick, string(rest[1:]))
	}
	if len(rest) > 0 && rest[0] == waitingKey {
		return j.orphan(b, tick, rest[1:])
	}
	return fmt.Errorf("timer %x: %w", rest, ErrDamaged)
}
