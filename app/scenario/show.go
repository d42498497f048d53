package scenario

import (
	"fmt"
	"strings"

	"hindsight/labels"
	"hindsight/schemas"
)

// outcome is one record of `outcomes`: what became of a score, or, where that
// changed nothing, of a label.
func (s *Scenario) outcome(o *schemas.Outcome) *line {
	l := &line{word: "outcome", subject: o.EventID}
	if o.Kind == schemas.NoKind {
		l.word = "fate"
		l.bare("truth", o.Truth, true)
		l.bare("fate", o.Fate.String(), true)
	} else {
		l.bare("kind", o.Kind.String(), true)
		l.bare("truth", o.Truth, o.Truth != "")
		l.say("was", o.PreviousTruth, o.PreviousTruth != "")
		l.number("rev", float64(o.Revision), true)
		l.say("by", o.Fate.String(), o.Fate == schemas.Revision)
	}
	if o.Extra != 0 {
		l.number("weight", o.Extra.Weight(), true)
	}
	l.say("at", s.at(o.Tick), true)
	l.say("arrived", s.at(o.Arrival), false)
	l.say("version", o.Version, false)
	l.say("predicted", o.Prediction, false)
	l.number("value", o.Value, false)
	if o.LabelTopic != "" {
		l.say("label", fmt.Sprintf("labels/%d:%d", o.LabelPartition, o.LabelOffset), false)
	}
	return l
}

// window is the last publication of a window.
func (s *Scenario) window(w *schemas.Window) *line {
	l := &line{word: "window", subject: w.Name}
	l.bare("start", s.at(w.Start), true)
	if w.Segment != "" {
		l.say("segment", w.Segment, true)
	}
	for _, m := range w.Metrics {
		if m.Undefined != "" {
			l.say(m.Name, reason(m.Undefined), true)
			continue
		}
		l.number(m.Name, m.Value, true)
		l.interval(m.Name+"..", m.Low, m.High)
	}
	l.number("n", float64(w.Labelled), true)
	l.number("scored", float64(w.Scored), true)
	l.number("coverage", w.Coverage, true)
	l.number("assumed", float64(w.Assumed), w.Assumed != 0)
	l.number("unlabelled", float64(w.Unlabelled), w.Unlabelled != 0)
	l.number("late", float64(w.Late), w.Late != 0)
	if w.Maturity != nil {
		l.number("maturity", *w.Maturity, false)
	} else {
		l.say("maturity", reason(w.MaturityUndefined), false)
	}
	l.say("final-by", s.at(w.FinalBy), false)
	l.say("version", w.Version, false)
	l.number("rev", float64(w.Revision), false)
	l.say("at", s.at(w.At), false)
	l.bare("state", w.State.String(), true)
	return l
}

// reason writes why a figure is undefined as one word.
func reason(undefined string) string { return strings.ReplaceAll(undefined, " ", "-") }

// alarm is one change of state.
func (s *Scenario) alarm(a *schemas.Alarm) *line {
	l := &line{word: "alarm", subject: a.Name}
	if a.Segment != "" {
		l.say("segment", a.Segment, true)
	}
	l.bare("state", a.State.String(), true)
	l.say("at", s.at(a.At), true)
	l.number("value", a.Value, a.State != schemas.Unknown)
	l.interval("value..", a.Low, a.High)
	l.number("n", float64(a.N), true)
	l.number("coverage", a.Coverage, false)
	l.say("window", a.Window, false)
	l.say("start", s.at(a.Start), false)
	l.say("since", s.at(a.Since), false)
	l.say("version", a.Version, false)
	l.say("severity", a.Severity, false)
	l.say("says", a.Text, false)
	return l
}

func (d deadLetter) line() *line {
	l := &line{word: "dead-letter", subject: d.id}
	l.bare("class", d.class, true)
	return l
}

// ledger is where all scores, or all labels, are: what is not named is empty.
func (w *world) ledger(of string) *line {
	var sum labels.Ledger
	for _, p := range w.parts {
		x := p.join.Status().Ledger
		for _, n := range []struct{ to, from *int64 }{
			{&sum.Matched, &x.Matched}, {&sum.Assumed, &x.Assumed}, {&sum.Unlabelled, &x.Unlabelled}, {&sum.Repeated, &x.Repeated},
			{&sum.Pending, &x.Pending}, {&sum.Used, &x.Used}, {&sum.SameAgain, &x.SameAgain}, {&sum.Revision, &x.Revision},
			{&sum.Conflict, &x.Conflict}, {&sum.Orphan, &x.Orphan}, {&sum.TooLate, &x.TooLate}, {&sum.Waiting, &x.Waiting},
		} {
			*n.to += *n.from
		}
	}
	l := &line{word: "ledger", subject: of}
	add := func(key string, n int64) {
		if n != 0 {
			l.number(key, float64(n), true)
		}
	}
	if of == "scores" {
		add("matched", sum.Matched)
		add("assumed", sum.Assumed)
		add("unlabelled", sum.Unlabelled)
		add("duplicate", sum.Repeated)
		add("pending", sum.Pending)
		return l
	}
	add("used", sum.Used)
	add("duplicate", sum.SameAgain)
	add("revision", sum.Revision)
	add("conflict", sum.Conflict)
	add("orphan", sum.Orphan)
	add("too_late", sum.TooLate)
	add("dead_letter", w.deadOf.labels)
	add("waiting", sum.Waiting)
	return l
}

// closed is the last tick that every partition has closed.
func (w *world) closed() *line {
	closed := schemas.Forever
	for _, p := range w.parts {
		closed = min(closed, p.join.Closed())
	}
	l := &line{word: "closed"}
	l.bare("at", w.at(closed), true)
	return l
}
