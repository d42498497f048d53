package alarm

import "hindsight/schemas"

// Reading is what one window says of a rule's metric.
type Reading struct {
	Start, End schemas.Instant
	Metric     schemas.Metric // at the rule's confidence
	Coverage   float64
	Maturity   *float64 // nil: not known, or of no matter to the rule
}

// Judgement is the evidence at one instant.
type Judgement struct {
	// Known says that Reading is of the window to be judged. Otherwise no
	// window has evidence enough, and Reading is of the newest there is, or zero.
	Known   bool
	Reading Reading
	// Fired is the window that the standing alarm fired on, read again: nil
	// where it is no longer kept or its evidence no longer suffices.
	Fired *Reading
}

// Begin is the memory of a version and segment that the rule has not judged yet.
func (r *Rule) Begin(version, segment string) schemas.AlarmMemory {
	return schemas.AlarmMemory{
		Name: r.Name, Version: version, Segment: segment,
		State: schemas.Unknown, Since: schemas.Beginning, PastSince: schemas.Beginning,
	}
}

// Due is the instant at which the memory changes by the passing of time alone:
// when a pending alarm has been held long enough, else Forever.
func (r *Rule) Due(memory schemas.AlarmMemory) schemas.Instant {
	if memory.State != schemas.Pending {
		return schemas.Forever
	}
	return memory.PastSince.Add(r.Hold)
}

// Step judges at the instant now, and returns the new memory and the record to
// publish, nil where the state stays. Repeating a step changes nothing.
//
// Unknown is where every memory begins, and is a record only when evidence is
// lost. A resolved alarm is ok again without a further record (or unknown, where
// it was withdrawn and nothing else is known); its next episode has a new
// identity. A firing alarm that loses its evidence keeps firing: no record, but
// Last.Text says so.
func (r *Rule) Step(model string, memory schemas.AlarmMemory, j Judgement, now schemas.Instant) (schemas.AlarmMemory, *schemas.Alarm) {
	past := j.Known && r.past(j.Reading.Metric)
	switch {
	case !past:
		memory.PastSince = schemas.Beginning
	case memory.PastSince == schemas.Beginning:
		memory.PastSince = now
	}
	s := stepping{rule: r, model: model, now: now}
	if memory.State == schemas.Firing {
		return s.firing(memory, j, past)
	}
	next := schemas.OK
	switch {
	case !j.Known:
		next = schemas.Unknown
	case past && now >= memory.PastSince.Add(r.Hold):
		next = schemas.Firing
	case past:
		next = schemas.Pending
	}
	if next == memory.State {
		return memory, nil
	}
	return s.change(memory, next, j.Reading, s.sayer(next))
}

// Retire ends the episode of a rule that is no longer configured, and returns
// the record to publish, nil where none stood.
func Retire(model string, memory schemas.AlarmMemory, now schemas.Instant) *schemas.Alarm {
	if memory.State != schemas.Firing && memory.State != schemas.Pending {
		return nil
	}
	record := memory.Last
	record.Previous, record.State, record.At = memory.State, schemas.Resolved, now
	record.Model = model
	record.Text = memory.Name + " RESOLVED: withdrawn: the rule is no longer configured"
	return &record
}

type stepping struct {
	rule  *Rule
	model string
	now   schemas.Instant
}

func (s stepping) firing(memory schemas.AlarmMemory, j Judgement, past bool) (schemas.AlarmMemory, *schemas.Alarm) {
	switch fired := j.Fired; {
	case past:
	case fired != nil && !s.rule.past(fired.Metric):
		memory, record := s.change(memory, schemas.Resolved, *fired, s.withdrawn)
		if !j.Known {
			memory.State = schemas.Unknown
		}
		return memory, record
	case j.Known && s.rule.cleared(j.Reading.Metric):
		return s.change(memory, schemas.Resolved, j.Reading, s.resolved)
	}
	memory.Last.Text = remark(memory.Last.Text, j.Known, s.now)
	return memory, nil
}

// change moves the memory on and makes the record of it. Leaving unknown or ok
// begins an episode; pending and firing carry theirs into whatever follows.
func (s stepping) change(memory schemas.AlarmMemory, next schemas.AlarmState, reading Reading,
	say func(schemas.AlarmMemory, Reading) string) (schemas.AlarmMemory, *schemas.Alarm) {
	if memory.State == schemas.Unknown || memory.State == schemas.OK {
		memory.Since = s.now
		memory.ID = Identity(s.rule.Name, s.model, memory.Version, memory.Segment, s.now)
	}
	bound, _ := s.rule.Bound()
	memory.Last = schemas.Alarm{
		ID: memory.ID, Name: s.rule.Name, State: next, Previous: memory.State,
		At: s.now, Since: memory.Since, Severity: s.rule.Severity,
		Model: s.model, Version: memory.Version, Segment: memory.Segment,
		Window: s.rule.Window, Start: reading.Start, End: reading.End,
		Metric: s.measure(), Value: reading.Metric.Value, Low: reading.Metric.Low, High: reading.Metric.High,
		N: reading.Metric.N, Coverage: reading.Coverage, Bound: bound,
		Text: s.rule.Name + " " + shout(next) + ": " + say(memory, reading),
	}
	memory.State = next
	if next == schemas.Resolved {
		memory.State = schemas.OK
	}
	record := memory.Last
	return memory, &record
}

// measure is the name of what the rule judges.
func (s stepping) measure() string {
	if s.rule.Feed == Silent {
		return Measure
	}
	return s.rule.Metric
}

func (s stepping) sayer(next schemas.AlarmState) func(schemas.AlarmMemory, Reading) string {
	switch next {
	case schemas.Firing:
		return s.fires
	case schemas.Pending:
		return s.pends
	case schemas.OK:
		return s.well
	default:
		return s.unsure
	}
}
