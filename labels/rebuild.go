package labels

import (
	"bytes"
	"fmt"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// Drained returns how many scores and labels were taken out of the inboxes to be
// applied since Open.
func (j *Join) Drained() int64 { return j.drained }

// Rebuild makes j the state that was committed with target, from nothing: the
// store may not hold anything of the partition (Wipe). Next, in batches of any
// size, the caller adds the lifts and settings of labels-rerouted from
// target.Floors to the committed offset, then the scores and labels from
// target.Floors to the committed offsets, then calls Settle until it is done,
// then SetOffsets. decided, made for target.Floors, holds the outcomes from there on.
func (j *Join) Rebuild(target Status, decided *Decided) error {
	if j.meta.Closed != schemas.Beginning || j.meta.Offsets != (Offsets{}) {
		return fmt.Errorf("join of partition %d: a rebuild starts from an empty store", j.id)
	}
	j.decided, j.goal = decided, target.Closed
	j.meta.Rebuilding = true
	j.meta.Offsets = target.Floors
	j.meta.Needs.Marks = []mark{{schemas.Beginning, target.Floors}}
	return nil
}

// applyAtOnce applies a score while a rebuild adds it, without reading anything
// and without a detour through the inbox, where no order can change what it comes
// to: its tick was closed, outcomes tell that it repeats no other, and nothing had
// fallen due for it. The labels that were applied before it find it in place
// instead of waiting for it, and an earlier life of its id gives way to it.
func (j *Join) applyAtOnce(b store.Batch, s *schemas.Score, offset int64, arrival schemas.Instant, lifted int64) (done bool, err error) {
	if j.decided == nil {
		return false, nil
	}
	tick := j.meta.Timeline.after(arrival)
	rules := j.meta.Timeline.at(tick)
	if tick > j.goal || rules == nil || j.decided.repeats(offset) {
		return false, nil
	}
	e := entry{score: *s, offset: offset, tick: tick, rules: rules.Offset}
	e.score.Arrival = arrival
	due := e.due(&rules.Settings)
	if due <= j.goal {
		return false, nil
	}
	j.know(s.Model)
	forgotten := e.forgotten(&rules.Settings)
	rules.Needed = max(rules.Needed, forgotten)
	j.need(forgotten, offset, nothing, lifted)
	j.drained++
	j.value = appendEntry(j.value[:0], &e)
	if err := b.Set(j.idKey(s.EventID), j.value); err != nil {
		return false, err
	}
	j.earliest.timer = min(j.earliest.timer, due)
	j.otherKey = append(append(j.prefix.timed(j.otherKey, timerKey, due), idKey), s.EventID...)
	return true, b.Set(j.otherKey, nil)
}

// unknowable reports whether a record belongs to a tick whose settings a
// rebuild does not see. They were let go because nothing lives by them.
func (j *Join) unknowable(arrival schemas.Instant) bool {
	t := j.meta.Timeline
	return j.decided != nil && len(t) > 0 && arrival < t[0].From
}

// Settle closes, without output, what was closed when target was committed. It
// ends a rebuild, and it ends catching up: adding what a store that is behind
// the committed offsets has not seen. Like Close it returns false where the
// caller must commit and call it again. The error is ErrDiverged where the
// result is not what was committed; the partition must then be rebuilt.
func (j *Join) Settle(b store.Batch, target Status) (done bool, err error) {
	if target.Closed > schemas.Beginning {
		if done, err := j.Close(b, target.Closed, silence{}); !done || err != nil {
			return done, err
		}
		j.pass(target.Closed) // the settings that made it a tick may be gone
	}
	if target.Amid != nil {
		j.emit, j.emitted = silence{}, 0
		if _, err := j.closeTick(b, target.Amid.Tick, target.Amid); err != nil {
			return false, fmt.Errorf("join of partition %d: tick %v: %w", j.id, target.Amid.Tick, err)
		}
		if a := j.meta.Amid; a != nil && j.full(b) && (a.Queue != target.Amid.Queue || !bytes.Equal(a.Key, target.Amid.Key)) {
			return false, nil
		}
		j.meta.Amid = target.Amid.clone()
	}
	if j.decided != nil {
		if err := j.sweep(b); err != nil {
			return false, fmt.Errorf("join of partition %d: %w", j.id, err)
		}
		l := target.Ledger
		l.Pending, l.Waiting = j.meta.Ledger.Pending, j.meta.Ledger.Waiting
		j.meta.Ledger = l // the other buckets count what a rebuild need not see
	}
	if j.meta.Closed != target.Closed || j.meta.Ledger != target.Ledger {
		return false, fmt.Errorf("join of partition %d: closed %v, ledger %+v; committed %v, %+v: %w",
			j.id, j.meta.Closed, j.meta.Ledger, target.Closed, target.Ledger, ErrDiverged)
	}
	j.meta.Raised = target.Raised
	for _, m := range target.Models {
		j.know(m)
	}
	for _, m := range j.models {
		j.told[m] = target.Closed
	}
	j.decided, j.meta.Rebuilding = nil, false
	return true, nil
}

// sweep drops the waiting labels whose fate is known: they waited for scores
// that a rebuild does not see at the time.
func (j *Join) sweep(b store.Batch) error {
	var swept []waits
	err := b.Scan(j.prefix.key(nil, waitingKey), j.prefix.key(nil, waitingKey+1), func(key, value []byte) (bool, error) {
		w, err := readWaiting(key[timeAt:], value)
		if j.decided.knows(&w) {
			swept = append(swept, w)
		}
		return true, err
	})
	if err != nil {
		return err
	}
	for i := range swept {
		w := &swept[i]
		r, err := j.get(b, w.EventID)
		if err != nil {
			return err
		}
		if err := j.putWaiting(b, w.EventID, r.waiting-1); err != nil {
			return err
		}
		if err := j.dropWaiting(b, w); err != nil {
			return err
		}
		j.meta.Ledger.moveLabel(schemas.TooLate)
	}
	j.earliest.timer, err = j.first(b, timerKey)
	return err
}
