package audit

import (
	"hindsight/drift/alarm"
	"hindsight/drift/metric"
	"hindsight/schemas"
)

// episode is how far one alarm identity has come.
type episode struct {
	state schemas.AlarmState
	since schemas.Instant
}

// trackKey is what one rule watches.
type trackKey struct{ rule, model, version, segment string }

type trackSeen struct {
	last     schemas.Alarm
	position Position
	asks     []ask
}

// memoryKey is one model in one partition of watch-state.
type memoryKey struct {
	partition int32
	model     string
}

// Alarm takes one change of state. What was judged after the commit is left
// for the next audit.
func (a *Auditor) Alarm(at Position, x *schemas.Alarm) {
	c := a.watches[at.Partition]
	if c == nil || x.At > c.Judged {
		return
	}
	a.checked(Alarms, "changes", 1)
	broken := func(rule, format string, args ...any) { a.broken(Alarms, rule, x.ID, at, format, args...) }
	mayMiss := a.o.Compacted[at.Topic] || a.trimmed(at.Topic, at.Partition)
	e, k := a.episodes[x.ID], trackKey{x.Name, x.Model, x.Version, x.Segment}
	if t := a.tracks[k]; t != nil && x.At <= t.last.At && a.o.AtLeastOnce {
		return
	}
	if e != nil && e.state == x.State {
		broken("alarm-repeated", "%s is told as %v again", x.Name, x.State)
		return
	}
	if want := alarm.Identity(x.Name, x.Model, x.Version, x.Segment, x.Since); x.ID != want {
		broken("alarm-identity", "an episode of %s that began at %v has the id %s", x.Name, x.Since, want)
	}
	if !legal(x.Previous, x.State) {
		broken("alarm-illegal", "%s cannot go from %v to %v", x.Name, x.Previous, x.State)
	}
	begins := x.Previous == schemas.Unknown || x.Previous == schemas.OK
	switch {
	case begins && e != nil, begins && x.Since != x.At, !begins && e == nil && !mayMiss,
		!begins && e != nil && (e.state != x.Previous && !mayMiss || e.since != x.Since):
		broken("alarm-episode", "%s goes from %v to %v at %v in an episode since %v: a change before it is missing or it belongs to another episode", x.Name, x.Previous, x.State, x.At, x.Since)
	}
	decided := x.State == schemas.OK || x.State == schemas.Pending || x.State == schemas.Firing
	if decided && x.N <= 0 {
		broken("alarm-of-nothing", "%s is %v on %d outcomes: unsure is not well", x.Name, x.State, x.N)
	}
	if !finite(x.Value) || !finite(x.Low) || !finite(x.High) {
		a.broken(Records, "figure-not-finite", x.ID, at, "%s is %v in [%v, %v]", x.Metric, x.Value, x.Low, x.High)
	}
	t := a.tracks[k]
	if t == nil {
		t = new(trackSeen)
		a.tracks[k] = t
		if begins && x.Previous != schemas.Unknown && !mayMiss {
			broken("alarm-gap", "%s begins as %v, which nothing told", x.Name, x.Previous)
		}
	} else {
		if x.At <= t.last.At {
			broken("alarm-time", "%s changes at %v, after a change at %v", x.Name, x.At, t.last.At)
		}
		a.follows(t, x, mayMiss, broken)
	}
	a.episodes[x.ID] = &episode{x.State, x.Since}
	t.last, t.position = *x, at
	if clock, ok := a.o.Windows[x.Window]; ok && decided && x.At <= x.End.Add(a.o.Settle) {
		told, key := *x, seriesKey{clock, x.Version, x.Segment}
		if x.Metric == metric.OfOrphans || x.Metric == metric.OfConflicts {
			key = ofLabels
		}
		t.asks = append(t.asks, ask{at: x.At, start: x.Start, end: x.End, key: key, position: at, alarm: &told, born: a.born[monitor{x.Model, x.Window}]})
	}
}

// follows checks that the state before is the one that was last told.
func (a *Auditor) follows(t *trackSeen, x *schemas.Alarm, mayMiss bool, broken func(string, string, ...any)) {
	last := t.last.State
	switch {
	case x.Previous == last, last == schemas.Resolved && (x.Previous == schemas.OK || x.Previous == schemas.Unknown):
	case last == schemas.OK && x.Previous == schemas.Unknown:
		a.note("%s for %s %q began anew at %v although it was ok: was the rule taken away in between?", x.Name, x.Version, x.Segment, x.At)
	case !mayMiss:
		broken("alarm-gap", "%s goes from %v to %v, but was told last as %v", x.Name, x.Previous, x.State, last)
	}
}

// legal reports whether a rule can move so.
func legal(from, to schemas.AlarmState) bool {
	switch from {
	case schemas.Unknown, schemas.OK:
		return to != from && to != schemas.Resolved
	case schemas.Pending:
		return to != from // Resolved: the rule was taken away
	case schemas.Firing:
		return to == schemas.Resolved
	}
	return false
}

func (a *Auditor) alarmAsks(model string) (asks []ask) {
	for k, t := range a.tracks {
		if k.model == model {
			asks = append(asks, t.asks...)
		}
	}
	return asks
}

// WatchState takes what WATCH remembers of a model.
func (a *Auditor) WatchState(at Position, s *schemas.WatchState) {
	c := a.watches[at.Partition]
	if c == nil || s.Judged > c.Judged {
		return
	}
	a.checked(Alarms, "memories", 1)
	k := memoryKey{at.Partition, s.Model}
	if last := a.memories[k]; last != nil && s.Judged <= last.Judged && !a.o.AtLeastOnce {
		a.broken(Uniqueness, "watch-state-twice", s.Model, at, "the memory of %v comes after that of %v", s.Judged, last.Judged)
	}
	a.memories[k] = s
}

// endAlarms compares what was told with what WATCH remembers.
func (a *Auditor) endAlarms() {
	a.endJudged()
	newest := map[int32]schemas.Instant{}
	for k, s := range a.memories {
		if was, ok := newest[k.partition]; !ok || s.Judged > was {
			newest[k.partition] = s.Judged
		}
		at := Position{a.o.Topics.WatchState, k.partition, -1}
		if !a.trimmed(a.o.Topics.Alarms, k.partition) {
			a.remembered(at, s)
		}
	}
	for p, judged := range newest {
		if c := a.watches[p]; judged < c.Judged && !a.o.Compacted[a.o.Topics.WatchState] {
			a.broken(Commits, "watch-state-behind", "", Position{a.o.Topics.WatchState, p, -1}, "the newest memory is of %v, WATCH has judged %v", judged, c.Judged)
		}
	}
}

func (a *Auditor) remembered(at Position, s *schemas.WatchState) {
	known := map[trackKey]bool{}
	for _, m := range s.Alarms {
		k := trackKey{m.Name, s.Model, m.Version, m.Segment}
		known[k] = true
		t := a.tracks[k]
		switch {
		case m.ID == "":
		case t == nil:
			a.broken(Alarms, "alarm-lost", m.ID, at, "%s is remembered as %v since %v, and was never told", m.Name, m.State, m.Since)
		case t.last.At > s.Judged: // told after this memory
		case t.last.ID != m.ID || t.last.State != m.State && !(t.last.State == schemas.Resolved && (m.State == schemas.OK || m.State == schemas.Unknown)):
			a.broken(Alarms, "alarm-lost", m.ID, at, "%s is remembered as %v since %v, and was told last as %v in episode %s", m.Name, m.State, m.Since, t.last.State, t.last.ID)
		}
	}
	for k, t := range a.tracks {
		if k.model == s.Model && !known[k] && t.last.At <= s.Judged && (t.last.State == schemas.Pending || t.last.State == schemas.Firing) {
			a.broken(Alarms, "alarm-forgotten", t.last.ID, t.position, "%s was told as %v at %v, and WATCH does not remember it", k.rule, t.last.State, t.last.At)
		}
	}
}
