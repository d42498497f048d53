package alarm

import (
	"time"

	"hindsight/drift/metric"
	"hindsight/schemas"
)

// What a rule on the label feed may watch, as Rule.Feed says.
const (
	// Coverage is the share of the scores of a window that have got their label,
	// a metric like others; a window is judged After its end, when the labels
	// had their time to come.
	Coverage = "coverage"
	// Slow is how many labels of a window have come, of those that usually have
	// by then.
	Slow = "slow"
	// Orphans is the share of labels that have not found a score by the time, and
	// Conflicts that of labels that contradict an earlier one. They are about
	// labels, which have no version and, without a score, no segment.
	Orphans   = "orphans"
	Conflicts = "conflicts"
	// Silent is that no label has come for a time in which scores went on, under
	// whatever version: its alarms have none. It looks at no window.
	Silent = "silent"
)

// Figure is the name of what a rule on the feed judges in a window, "" for Silent.
func Figure(feed string) string {
	switch feed {
	case Coverage:
		return metric.OfCoverage
	case Slow:
		return metric.OfPace
	case Orphans:
		return metric.OfOrphans
	case Conflicts:
		return metric.OfConflicts
	}
	return ""
}

// OfLabels reports whether the rule is about labels, whatever their scores.
func (r *Rule) OfLabels() bool { return r.Feed == Orphans || r.Feed == Conflicts }

// Measure is the name of what a Silent rule measures, in seconds.
const Measure = "label_silence"

// Silence is how long the labels of one segment have been away, in
// stream time, as far as scores tell: after a pause of the scores it begins anew.
type Silence struct {
	From   schemas.Instant // the last label, or the first score since a pause; Beginning: there was neither
	Until  schemas.Instant // the last score
	Scored int64           // after From
	Labels int64           // that came at this very instant
}

// Hear returns the silence after what one instant brings. A pause is no score
// for as long as the rule waits.
func (r *Rule) Hear(s Silence, scored, labels int64, now schemas.Instant) Silence {
	paused := s.Until == schemas.Beginning || s.Until.Add(r.For) <= now
	switch {
	case labels > 0:
		s.From, s.Scored = now, 0
	case scored > 0 && (s.From == schemas.Beginning || paused):
		s.From, s.Scored = now, scored
	default:
		s.Scored += scored
	}
	if scored > 0 {
		s.Until = now
	}
	s.Labels = labels
	return s
}

// lasts is how long labels have been missed; scores that ended excuse them.
func (s Silence) lasts() time.Duration {
	if s.From == schemas.Beginning || s.Until <= s.From {
		return 0
	}
	return s.Until.Sub(s.From)
}

// Listen is Step for a rule that watches for silence. Over says that nothing was
// scored for so long that no label is due any more.
func (r *Rule) Listen(model string, memory schemas.AlarmMemory, heard Silence, over bool, now schemas.Instant) (schemas.AlarmMemory, *schemas.Alarm) {
	past := heard.lasts() >= r.For && !over
	switch {
	case !past:
		memory.PastSince = schemas.Beginning
	case memory.PastSince == schemas.Beginning:
		memory.PastSince = now
	}
	next := memory.State
	switch {
	case memory.State == schemas.Firing && (heard.Labels > 0 || over):
		next = schemas.Resolved
	case memory.State == schemas.Firing:
	case over:
		next = schemas.Unknown
	case past && now >= memory.PastSince.Add(r.Hold):
		next = schemas.Firing
	case past:
		next = schemas.Pending
	case heard.Labels > 0 || memory.State != schemas.Unknown:
		next = schemas.OK
	}
	var record *schemas.Alarm
	if next != memory.State {
		s := stepping{rule: r, model: model, now: now}
		n, figure := heard.Scored, schemas.Metric{Value: heard.lasts().Seconds()}
		if heard.Labels > 0 {
			n = heard.Labels
		}
		if next == schemas.Resolved {
			figure.Value = memory.Last.End.Sub(memory.Last.Start).Seconds()
		}
		figure.Low, figure.High, figure.N = figure.Value, figure.Value, n
		was := SilenceOf(memory)
		memory, record = s.change(memory, next, Reading{Start: heard.From, End: max(heard.From, heard.Until), Metric: figure},
			func(m schemas.AlarmMemory, _ Reading) string { return s.hush(m, was, heard, over, next) })
		if over {
			memory.State = schemas.Unknown
		}
	}
	memory.Last.Name = r.Name
	memory.Last.Start, memory.Last.End, memory.Last.N = heard.From, heard.Until, heard.Scored
	return memory, record
}

// SilenceOf is what a memory knows of a silence: it is kept in its last record.
func SilenceOf(memory schemas.AlarmMemory) Silence {
	if memory.Last.Name == "" {
		return Silence{From: schemas.Beginning, Until: schemas.Beginning}
	}
	return Silence{From: memory.Last.Start, Until: memory.Last.End, Scored: memory.Last.N}
}

// hush is the text of a change, for a person who was asleep a minute ago.
func (s stepping) hush(memory schemas.AlarmMemory, was, heard Silence, over bool, next schemas.AlarmState) string {
	away := "no label came for " + span(heard.lasts()) + " while " + thousands(heard.Scored) + " events were scored by " + s.whose(memory) +
		" (since " + heard.From.String() + ")"
	switch {
	case next == schemas.Resolved && over:
		return "withdrawn: nothing was scored by " + s.whose(memory) + " since " + heard.Until.String() + ", so that no label is due"
	case next == schemas.Resolved:
		return "labels of " + s.whose(memory) + " come again, after " + span(s.now.Sub(was.From))
	case next == schemas.Firing:
		return away + ": look at what publishes the labels, and whether their ids are those of the events"
	case next == schemas.Pending:
		return away + ", fires if that holds for " + span(s.rule.Hold)
	case next == schemas.OK:
		return "labels of " + s.whose(memory) + " come"
	}
	return "too little evidence on " + s.whose(memory) + ": nothing was scored since " + heard.Until.String()
}
