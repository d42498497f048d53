package labels

import (
	"fmt"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// wait keeps a label for its score, beside n others.
func (j *Join) wait(b store.Batch, tick schemas.Instant, w *waits, n int64) error {
	rules := j.meta.Timeline.at(tick)
	w.deadline = w.Arrival.Add(rules.Early)
	rules.Needed = max(rules.Needed, w.deadline)
	j.sums.fated(&j.config, &w.Label, schemas.NoFate, 1)
	j.needLabel(w.deadline, w.Offset, w.Rerouted, w.lifted)
	if err := j.putWaiting(b, w.EventID, n+1); err != nil {
		return err
	}
	j.key = appendWaiting(j.prefix.key(j.key, waitingKey), w.EventID)
	j.key = appendPlace(appendInstant(j.key, w.Arrival), place{source{w.Topic, w.Partition}, w.Offset, w.Rerouted})
	j.value = appendInt(j.value[:0], w.lifted)
	j.value = appendInt(j.value, int64(w.deadline))
	j.value = appendTruth(j.value, &w.Label)
	if err := b.Set(j.key, j.value); err != nil {
		return err
	}
	return j.setTimer(b, w.deadline, waitingKey, j.key[timeAt:])
}

// readWaiting takes a waiting label's key, after its kind, and value apart.
func readWaiting(rest, value []byte) (w waits, err error) {
	id, arrival, p, ok := waitingOf(rest)
	d := decoder{rest: string(value)}
	w.lifted, w.deadline = d.int(), d.instant()
	w.Label = Label{EventID: id, Arrival: arrival, Topic: p.topic, Partition: p.partition, Offset: p.offset, Rerouted: p.read}
	d.truth(&w.Label)
	if !ok || !d.ok() {
		return w, fmt.Errorf("waiting label %x: %w", rest, ErrDamaged)
	}
	return w, nil
}

// takeWaiting applies the labels that wait for j.entry, in order of arrival.
func (j *Join) takeWaiting(b store.Batch, tick schemas.Instant, n int64) error {
	lo := appendWaiting(j.prefix.key(nil, waitingKey), j.entry.score.EventID)
	var waiting []waits
	err := b.Scan(lo, successor(nil, lo), func(key, value []byte) (bool, error) {
		w, err := readWaiting(key[timeAt:], value)
		waiting = append(waiting, w)
		return true, err
	})
	if err != nil {
		return err
	}
	if int64(len(waiting)) != n {
		return fmt.Errorf("event %q: %d labels wait, %d are there: %w", j.entry.score.EventID, n, len(waiting), ErrDamaged)
	}
	for i := range waiting {
		w := &waiting[i]
		if err := j.dropWaiting(b, w); err != nil {
			return err
		}
		if j.decided.elsewhere(w, j.entry.offset) {
			j.meta.Ledger.moveLabel(schemas.TooLate)
			continue
		}
		j.sums.fated(&j.config, &w.Label, schemas.NoFate, -1)
		if err := j.join(tick, w); err != nil {
			return err
		}
	}
	return nil
}

// dropWaiting deletes a waiting label and its timer, but not its count.
func (j *Join) dropWaiting(b store.Batch, w *waits) error {
	j.key = appendWaiting(j.prefix.key(j.key, waitingKey), w.EventID)
	j.key = appendPlace(appendInstant(j.key, w.Arrival), place{source{w.Topic, w.Partition}, w.Offset, w.Rerouted})
	if err := b.Delete(j.key); err != nil {
		return err
	}
	return j.dropTimer(b, w.deadline, waitingKey, j.key[timeAt:])
}

// orphan gives up a label that no score came for.
func (j *Join) orphan(b store.Batch, tick schemas.Instant, rest []byte) error {
	key := append(j.prefix.key(nil, waitingKey), rest...)
	value, found, err := b.Get(key)
	if err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("timer of the waiting label %x: %w", rest, ErrDamaged)
	}
	w, err := readWaiting(rest, value)
	if err != nil {
		return err
	}
	r, err := j.get(b, w.EventID)
	if err != nil {
		return err
	}
	if err := b.Delete(key); err != nil {
		return err
	}
	if err := j.putWaiting(b, w.EventID, r.waiting-1); err != nil {
		return err
	}
	j.sums.fated(&j.config, &w.Label, schemas.NoFate, -1)
	return j.emitFate(tick, &w.Label, schemas.Orphan, nil)
}
