package labels

import "hindsight/schemas"

const champion = "champion"

func (j *Join) publish(o *schemas.Outcome) error {
	j.emitted++
	return j.emit.Outcome(o)
}

// emitDecision counts up j.entry's revision and publishes how it stands. The
// decision was caused by a label, or by none.
func (j *Join) emitDecision(tick schemas.Instant, l *Label, fate schemas.Fate, previous string) error {
	e := &j.entry
	e.revision++
	o := j.ofScore(tick, &e.score, e.offset)
	o.Kind, o.Revision = e.kind, e.revision
	o.Truth, o.Extra, o.PreviousTruth = e.truth, e.extra, previous
	if l == nil {
		o.Arrival = e.booked
	} else {
		j.tellFate(l, fate)
		addLabel(o, l, fate)
	}
	return j.publish(o)
}

// tellFate counts what became of a label.
func (j *Join) tellFate(l *Label, fate schemas.Fate) {
	j.meta.Ledger.moveLabel(fate)
	j.sums.fated(&j.config, l, fate, 1)
}

// emitRepeated publishes that j.score's id had been scored before.
func (j *Join) emitRepeated(tick schemas.Instant, offset int64) error {
	o := j.ofScore(tick, &j.score, offset)
	o.Kind, o.Revision = schemas.Repeated, 1
	return j.publish(o)
}

// emitFate publishes what became of a label that changed nothing. Its score is
// named where there is one.
func (j *Join) emitFate(tick schemas.Instant, l *Label, fate schemas.Fate, e *entry) error {
	j.tellFate(l, fate)
	var o *schemas.Outcome
	if e != nil {
		o = j.ofScore(tick, &e.score, e.offset)
	} else {
		o = &j.outcome
		*o = schemas.Outcome{EventID: l.EventID, Tick: tick, ScorePartition: -1, SourcePartition: -1, Arrival: l.Arrival}
	}
	o.Truth, o.Extra = l.Truth, l.Extra
	addLabel(o, l, fate)
	return j.publish(o)
}

// ofScore begins an outcome with its score.
func (j *Join) ofScore(tick schemas.Instant, s *schemas.Score, offset int64) *schemas.Outcome {
	j.outcome = schemas.Outcome{
		EventID:         s.EventID,
		Tick:            tick,
		ScorePartition:  j.id,
		ScoreOffset:     offset,
		SourcePartition: s.SourcePartition,
		SourceOffset:    s.SourceOffset,
		Model:           s.Model,
		Version:         s.Version,
		Role:            champion,
		Value:           s.Value,
		Prediction:      s.Prediction,
		Positive:        s.Positive,
		EventTime:       s.EventTime,
		LabelTime:       schemas.Beginning,
		Arrival:         s.Arrival,
		Segments:        s.Segments,
		Bins:            s.Bins,
		Challengers:     s.Challengers,
	}
	return &j.outcome
}

// addLabel adds the label and its fate to an outcome.
func addLabel(o *schemas.Outcome, l *Label, fate schemas.Fate) {
	o.Fate = fate
	o.LabelTopic, o.LabelPartition, o.LabelOffset = l.Topic, l.Partition, l.Offset
	o.LabelTime = l.LabelTime
	o.Arrival = max(o.Arrival, l.Arrival)
}
