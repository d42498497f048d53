package labels

import (
	"fmt"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// Close closes the ticks at or before gate at which something falls due, and
// passes the others in one step. It returns false where it stopped before the
// gate, maybe amid a tick, because the batch is large: commit, and call it
// again. Of all records whose tick is at or before gate none may be added later.
func (j *Join) Close(b store.Batch, gate schemas.Instant, out Emitter) (done bool, err error) {
	if gate == schemas.Forever {
		return false, fmt.Errorf("join of partition %d: ticks close up to an instant, not for ever", j.id)
	}
	j.emit, j.emitted = out, 0
	done = true
	for next := j.Next(); next <= gate && done; next = j.Next() {
		closed, err := j.closeTick(b, next, nil)
		if err != nil {
			return false, fmt.Errorf("join of partition %d: tick %v: %w", j.id, next, err)
		}
		done = closed && !j.full(b)
	}
	if a := j.meta.Amid; a != nil {
		return a.Tick > gate, nil
	}
	if done {
		j.pass(j.meta.Timeline.last(gate))
	}
	if err := j.tell(); err != nil {
		return false, fmt.Errorf("join of partition %d: %w", j.id, err)
	}
	return done, nil
}

// closeTick decides everything that falls due at one tick, up to the place
// until, or for as long as the batch is not full. It returns false where it
// leaves the tick before its end.
func (j *Join) closeTick(b store.Batch, tick schemas.Instant, until *Amid) (closed bool, err error) {
	j.sums.begin(tick)
	first := []*schemas.Instant{&j.earliest.score, &j.earliest.label, &j.earliest.timer}
	for queue := range queueOrder() {
		before := tick
		apply := func(at schemas.Instant, rest, value []byte) error { return j.scoreFromInbox(b, tick, at, rest, value) }
		switch queueOrder()[queue] {
		case labelInbox:
			apply = func(at schemas.Instant, rest, value []byte) error { return j.labelFromInbox(b, tick, at, rest, value) }
		case timerKey:
			before = tick + 1
			apply = func(_ schemas.Instant, rest, _ []byte) error { return j.fire(b, tick, rest) }
		}
		left, err := j.drain(b, queue, before, first[queue], until, apply)
		if err != nil {
			return false, err
		}
		if left != nil {
			return false, j.leave(tick, queue, left)
		}
	}
	if until != nil {
		return false, nil
	}
	if err := j.emitSlices(false); err != nil {
		return false, err
	}
	j.pass(tick)
	return true, nil
}

// pass moves on to a tick at which nothing is left to do.
func (j *Join) pass(tick schemas.Instant) {
	if tick <= j.meta.Closed {
		return
	}
	j.meta.Closed = tick
	if a := j.meta.Amid; a != nil && a.Tick <= tick {
		j.meta.Amid = nil
	}
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
	w.Label = Label{EventID: d.text(), Arrival: arrival, Topic: p.topic, Partition: p.partition, Offset: p.offset, Rerouted: p.read}
	d.truth(&w.Label)
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
