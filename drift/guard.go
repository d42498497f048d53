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
	at      schemas.Instant
	figure  schemas.Metric
}

// rule is a configured rule with its place and its metric.
type rule struct {
	alarm.Rule
	order  int
	metric metric.Metric
}

// aged reports whether the passing of time alone changes what the rule reads.
func (r *rule) aged() bool { return r.metric.Aged || r.MinMaturity > 0 }

// step judges at the instant now.
func (g *guard) step(model string, now schemas.Instant) *schemas.Alarm {
	judgement, gone := g.judge(now)
	memory, record := g.rule.Step(model, g.memory, judgement, now)
	g.memory = memory
	g.wait(gone, now)
	return record
}

// wait sets when to look again: when the hold is over or the judged window is
// out of reach, and at the next tick where every tick changes what is read.
func (g *guard) wait(gone, now schemas.Instant) {
	g.due = min(g.rule.Due(g.memory).Ceil(g.track.calendar.tick), gone)
	if g.rule.aged() && len(g.track.windows) > 0 {
		g.due = min(g.due, now.After(g.track.calendar.tick))
	}
}

// judge finds the most recent window that has ended and has evidence enough,
// and the instant at which it is out of reach, or another is to be judged. A window is looked back to until
// its successor is final: from then on, the successor's lack of evidence is the
// answer. Every window that the track still holds is therefore in reach.
func (g *guard) judge(now schemas.Instant) (j alarm.Judgement, gone schemas.Instant) {
	gone = schemas.Forever
	var newest *window
	ripe := schemas.Forever // when the next window is to be judged first
	for _, w := range slices.Backward(g.track.windows) {
		if at := g.ripe(w); at > now {
			ripe = at
			continue
		}
		if newest == nil {
			newest = w
		}
		// The counts are cheap to look at, the figure is not.
		if !g.rule.Promises(w.counts()) {
			continue
		}
		if reading := g.read(w, now); g.rule.Suffices(reading) {
			j.Known, j.Reading, gone = true, reading, w.frame.gone
			break
		}
	}
	if !j.Known && newest != nil {
		j.Reading = g.read(newest, now)
	}
	if g.memory.State == schemas.Firing {
		i := g.track.place(g.memory.Last.Start)
		if i >= 0 && g.track.windows[i].frame.start == g.memory.Last.Start {
			if fired := g.read(g.track.windows[i], now); g.rule.Suffices(fired) {
				j.Fired = &fired
			}
		}
	}
	return j, min(gone, ripe)
}

// ripe is the instant from which on a window is judged.
func (g *guard) ripe(w *window) schemas.Instant {
	return w.frame.end.Add(g.rule.After).Ceil(g.track.calendar.tick)
}

func (g *guard) read(w *window, now schemas.Instant) alarm.Reading {
	c := g.track.calendar
	var sums *metric.Sums
	if g.rule.Feed != alarm.Slow { // which goes by counts, and looks at many windows
		sums = g.track.heat(w)
	}
	if g.last != w || g.changes != w.changes || g.rule.metric.Aged && g.at != now {
		g.last, g.changes, g.at = w, w.changes, now
		if sums == nil {
			g.figure = c.pace(w, g.rule.Confidence, now)
		} else {
			g.figure = c.figure(g.rule.metric, w, sums, g.rule.Confidence, now)
		}
	}
	reading := alarm.Reading{Start: w.frame.start, End: w.frame.end, Metric: g.figure, Coverage: w.coverage()}
	if g.rule.MinMaturity > 0 {
		if share, why := c.maturity(w, now); why == "" {
			reading.Maturity = &share
		}
	}
	return reading
}
