package labels

import (
	"hindsight/labels/store"
	"hindsight/schemas"
)

// applyScore applies j.score, which stood at an offset of scores.
func (j *Join) applyScore(b store.Batch, tick schemas.Instant, offset, lifted int64) error {
	s := &j.score
	j.know(s.Model)
	if j.decided.repeats(offset) { // of a score that a rebuild may not see
		j.meta.Ledger.moveScore(schemas.NoKind, schemas.Repeated)
		return nil
	}
	r, err := j.get(b, s.EventID)
	switch {
	case err != nil:
		return err
	case r.kind == liveRecord && j.decided != nil && j.entry.tick > tick: // an earlier life of the id, which is over
		j.meta.Ledger.moveScore(schemas.NoKind, schemas.Repeated)
		return nil
	case r.kind == liveRecord:
		j.meta.Ledger.moveScore(schemas.NoKind, schemas.Repeated)
		return j.emitRepeated(tick, offset)
	case r.kind == graveStone:
		if err := j.dropTimer(b, r.until, idKey, []byte(s.EventID)); err != nil {
			return err
		}
	}
	rules := j.meta.Timeline.at(tick)
	e := &j.entry
	e.score, j.score = j.score, e.score // lists change hands instead of being copied
	e.offset, e.tick, e.rules = offset, tick, rules.Offset
	e.kind, e.revision, e.booked, e.truth, e.extra, e.truths = schemas.NoKind, 0, 0, "", 0, e.truths[:0]
	forgotten := e.forgotten(&rules.Settings)
	rules.Needed = max(rules.Needed, forgotten)
	j.need(forgotten, offset, nothing, lifted)
	j.sums.scored(&j.config, e)
	if err := j.setTimer(b, e.due(&rules.Settings), idKey, []byte(e.score.EventID)); err != nil {
		return err
	}
	if r.kind == onlyLabels {
		if err := j.takeWaiting(b, tick, r.waiting); err != nil {
			return err
		}
	}
	return j.putEntry(b)
}

// applyLabel applies a label to what stands under its id.
func (j *Join) applyLabel(b store.Batch, tick schemas.Instant, w *waits) error {
	if j.decided.gone(w) {
		j.meta.Ledger.moveLabel(schemas.TooLate)
		return nil
	}
	r, err := j.get(b, w.EventID)
	switch {
	case err != nil:
		return err
	case r.kind == graveStone:
		return j.emitFate(tick, &w.Label, schemas.TooLate, nil)
	case r.kind != liveRecord:
		return j.wait(b, tick, w, r.waiting)
	case j.decided.elsewhere(w, j.entry.offset): // neither score is needed: an earlier life of the id
		j.meta.Ledger.moveLabel(schemas.TooLate)
		return nil
	}
	if err := j.join(tick, w); err != nil {
		return err
	}
	return j.putEntry(b)
}

// join applies a label to j.entry.
func (j *Join) join(tick schemas.Instant, w *waits) error {
	e, l := &j.entry, &w.Label
	rules, err := j.rules(e)
	if err != nil {
		return err
	}
	if l.Arrival > e.deadline(&rules.Settings) {
		return j.emitFate(tick, l, schemas.TooLate, e)
	}
	if !e.truths.accept(l) {
		return j.emitFate(tick, l, schemas.Conflict, e)
	}
	forgotten := e.forgotten(&rules.Settings)
	j.needLabel(forgotten, l.Offset, l.Rerouted, w.lifted)
	if own := j.meta.Timeline.at(j.meta.Timeline.after(l.Arrival)); own != nil {
		own.Needed = max(own.Needed, forgotten) // a rebuild must place the label, too
	}
	first := e.kind != schemas.Matched
	winner, extra := e.truths.winner(rules.Conflict)
	switch {
	case first:
		j.meta.Ledger.moveScore(e.kind, schemas.Matched)
		j.sums.matched(&j.config, e, l)
		previous := e.truth
		e.kind, e.truth, e.extra = schemas.Matched, l.Truth, l.Extra
		return j.emitDecision(tick, l, schemas.Used, previous)
	case winner != e.truth || extra != e.extra: // another weight is another truth
		j.sums.revised(&j.config, e, winner, extra)
		previous := e.truth
		e.truth, e.extra = winner, extra
		return j.emitDecision(tick, l, schemas.Revision, previous)
	case l.Truth == e.truth:
		return j.emitFate(tick, l, schemas.SameAgain, e)
	}
	return j.emitFate(tick, l, schemas.Conflict, e)
}

// expire does what falls due for an event id: it decides a score without a
// label, turns an entry into a gravestone, and forgets that.
func (j *Join) expire(b store.Batch, tick schemas.Instant, id string) error {
	r, err := j.get(b, id)
	if err != nil {
		return err
	}
	if r.kind != liveRecord {
		return b.Delete(j.idKey(id))
	}
	e := &j.entry
	rules, err := j.rules(e)
	if err != nil {
		return err
	}
	end, undecided := e.end(&rules.Settings), e.kind == schemas.NoKind
	if undecided {
		if err := j.giveUp(tick, e, &rules.Settings); err != nil {
			return err
		}
	}
	if end > tick {
		if undecided {
			if err := j.putEntry(b); err != nil {
				return err
			}
		}
		return j.setTimer(b, end, idKey, []byte(id))
	}
	forgotten := e.forgotten(&rules.Settings)
	if forgotten <= tick {
		return b.Delete(j.idKey(id))
	}
	if err := j.putGrave(b, id, forgotten); err != nil {
		return err
	}
	return j.setTimer(b, forgotten, idKey, []byte(id))
}

// giveUp decides an entry that no label came for.
func (j *Join) giveUp(tick schemas.Instant, e *entry, rules *Settings) error {
	e.booked = max(e.horizon(rules), e.score.Arrival)
	e.kind, e.truth = schemas.Unlabelled, ""
	if rules.Missing != "" {
		e.kind, e.truth = schemas.Assumed, rules.Missing
	}
	j.meta.Ledger.moveScore(schemas.NoKind, e.kind)
	j.sums.gaveUp(&j.config, e)
	return j.emitDecision(tick, nil, schemas.NoFate, "")
}
