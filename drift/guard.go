package drift

import (
	"slices"

	"hindsight/drift/alarm"
	"hindsight/drift/metric"
	"hindsight/schemas"
)

// guard is one rule on one track.
type guard struct {
	rule   *rule
	track  *track
	memory schemas.AlarmMemory
	due    schemas.Instant // when it changes its mind without a new slice

	// The last figure read, and where: most instants change other windows.
	last    *window
	changes int64
	figure  schemas.Metric
}

// rule is a configured rule with its place and its metric.
type rule struct {
	alarm.Rule
	order  int
	metric metric.Metric
}

// step judges at the instant now.
func (g *guard) step(model string, now schemas.Instant) *schemas.Alarm {
	judgement, gone := g.judge(now)
	memory, record := g.rule.Step(model, g.memory, judgement, now)
	g.memory = memory
	g.wait(gone)
	return record
}

// wait sets when to look again: when the hold is over or the judged window is out of reach.
func (g *guard) wait(gone schemas.Instant) {
	g.due = min(g.rule.Due(g.memory).Ceil(g.track.calendar.tick), gone)
}

// judge finds the most recent window that has ended and has evidence enough,
// and the instant at which it is out of reach. A window is looked back to until
// its successor is final: from then on, the successor's lack of evidence is the
// answer. Every window that the track still holds is therefore in reach.
func (g *guard) judge(now schemas.Instant) (j alarm.Judgement, gone schemas.Instant) {
	gone = schemas.Forever
	var newest *window
	for _, w := range slices.Backward(g.track.windows) {
		if w.frame.ends > now {
			continue
		}
		if newest == nil {
			newest = w
		}
		// The counts are cheap to look at, the figure is not.
		if w.labelled < g.rule.MinLabels || w.coverage() < g.rule.MinCoverage {
			continue
		}
		if reading := g.read(w); g.rule.Suffices(reading.Metric, reading.Coverage) {
			j.Known, j.Reading, gone = true, reading, w.frame.gone
			break
		}
	}
	if !j.Known && newest != nil {
		j.Reading = g.read(newest)
	}
	if g.memory.State == schemas.Firing {
		i := g.track.place(g.memory.Last.Start)
		if i >= 0 && g.track.windows[i].frame.start == g.memory.Last.Start {
			if fired := g.read(g.track.windows[i]); g.rule.Suffices(fired.Metric, fired.Coverage) {
				j.Fired = &fired
			}
		}
	}
	return j, gone
}

func (g *guard) read(w *window) alarm.Reading {
	sums := g.track.heat(w)
	if g.last != w || g.changes != w.changes {
		g.last, g.changes = w, w.changes
		g.figure = g.rule.metric.Of(sums, g.rule.Confidence)
	}
	return alarm.Reading{Start: w.frame.start, End: w.frame.end, Metric: g.figure, Coverage: w.coverage()}
}
