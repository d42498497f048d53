package labels

import (
	"fmt"

	"hindsight/labels/store"
	"hindsight/schemas"
)

// Decided is what outcomes tell a rebuild, which does not see every record that
// decided about those it does see. A nil one knows nothing.
type Decided struct {
	labels   map[Position]verdict
	repeated map[int64]struct{}
	floor    int64 // of scores
}

// verdict is the fate of a label, and the score that it met.
type verdict struct {
	fate  schemas.Fate
	score int64 // offset in scores, -1 for none
}

// NewDecided returns one to Add the outcomes to.
func NewDecided() *Decided {
	return &Decided{labels: map[Position]verdict{}, repeated: map[int64]struct{}{}}
}

// Add takes note of one outcome. They may come in any order.
func (d *Decided) Add(o *schemas.Outcome) {
	if o.Kind == schemas.Repeated {
		d.repeated[o.ScoreOffset] = struct{}{}
	}
	if o.Fate != schemas.NoFate {
		v := verdict{o.Fate, o.ScoreOffset}
		if o.ScorePartition < 0 {
			v.score = -1
		}
		d.labels[Position{o.LabelTopic, o.LabelPartition, o.LabelOffset}] = v
	}
}

// repeats reports whether a score is known to repeat an earlier one.
func (d *Decided) repeats(offset int64) bool {
	if d == nil {
		return false
	}
	_, ok := d.repeated[offset]
	return ok
}

func (d *Decided) of(w *waits) (v verdict, ok bool) {
	if d == nil {
		return v, false
	}
	v, ok = d.labels[Position{w.Topic, w.Partition, w.Offset}]
	return v, ok
}

// gone reports whether a label left nothing in the state: it had no score or
// came too late, or the rebuild begins after its score.
func (d *Decided) gone(w *waits) bool {
	v, ok := d.of(w)
	return ok && (v.fate == schemas.Orphan || v.fate == schemas.TooLate || v.score < d.floor)
}

// elsewhere reports whether a label is known to belong to another score.
func (d *Decided) elsewhere(w *waits, score int64) bool {
	v, ok := d.of(w)
	return ok && v.score != score
}

// Rebuild makes j the state that was committed with target, from nothing: the
// store may not hold anything of the partition (Wipe). Next, in batches of any
// size, the caller adds the lifts and settings of labels-rerouted from
// target.Floors to the committed offset, then the scores and labels from
// target.Floors to the committed offsets, then calls Settle until it is done,
// then SetOffsets. decided holds the outcomes from target.Floors on.
func (j *Join) Rebuild(target Status, decided *Decided) error {
	if j.meta.Closed != schemas.Beginning || j.meta.Offsets != (Offsets{}) {
		return fmt.Errorf("join of partition %d: a rebuild starts from an empty store", j.id)
	}
	decided.floor = target.Floors.Scores
	j.decided = decided
	j.meta.Rebuilding = true
	j.meta.Offsets = target.Floors
	j.meta.Needs.Marks = []mark{{schemas.Beginning, target.Floors}}
	return nil
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
		if _, known := j.decided.of(&w); known {
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
