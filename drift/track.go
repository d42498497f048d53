package drift

import (
	"cmp"
	"slices"

	"hindsight/drift/alarm"
	"hindsight/drift/metric"
	"hindsight/schemas"
)

type trackKey struct{ version, segment string }

func (k trackKey) compare(other trackKey) int {
	return cmp.Or(cmp.Compare(k.version, other.version), cmp.Compare(k.segment, other.segment))
}

// track is one version and segment of one configured window.
type track struct {
	trackKey
	calendar *calendar
	windows  []*window // by start
	guards   []*guard  // one per rule that covers the segment
	awake    bool
}

// window is one span of one track.
type window struct {
	frame    *frame
	track    *track
	sums     metric.Sums
	changes  int64 // how often the sums were touched
	dirty    bool
	revision int32 // of the last publication
}

// window returns the window that starts at start, which is made if need be.
func (t *track) window(start schemas.Instant) *window {
	i, found := t.find(start)
	if !found {
		w := &window{frame: t.calendar.frameAt(start), track: t}
		w.frame.windows = append(w.frame.windows, w)
		t.windows = slices.Insert(t.windows, i, w)
	}
	return t.windows[i]
}

func (t *track) find(start schemas.Instant) (int, bool) {
	return slices.BinarySearchFunc(t.windows, start, func(w *window, start schemas.Instant) int {
		return cmp.Compare(w.frame.start, start)
	})
}

// due is the first instant at which a rule changes its mind without a new slice.
func (t *track) due() schemas.Instant {
	due := schemas.Forever
	for _, g := range t.guards {
		due = min(due, g.due)
	}
	return due
}

// idle reports whether forgetting the track loses nothing.
func (t *track) idle() bool {
	return len(t.windows) == 0 && !slices.ContainsFunc(t.guards, func(g *guard) bool {
		return g.memory.State != schemas.Unknown
	})
}

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
	windows := g.track.windows
	gone = schemas.Forever
	newest := true
	for i := len(windows) - 1; i >= 0 && !j.Known; i-- {
		w := windows[i]
		if w.frame.ends > now {
			continue
		}
		// Labels are cheap to look at; only the newest is read for the sake of the text.
		if !newest && w.sums.Labelled() < g.rule.MinLabels {
			continue
		}
		reading := g.read(w)
		if j.Known = g.rule.Suffices(reading.Metric, reading.Coverage); j.Known {
			gone = w.frame.gone
		}
		if j.Known || newest {
			j.Reading = reading
		}
		newest = false
	}
	if g.memory.State == schemas.Firing {
		if i, found := g.track.find(g.memory.Last.Start); found {
			if fired := g.read(windows[i]); g.rule.Suffices(fired.Metric, fired.Coverage) {
				j.Fired = &fired
			}
		}
	}
	return j, gone
}

func (g *guard) read(w *window) alarm.Reading {
	if g.last != w || g.changes != w.changes {
		g.last, g.changes = w, w.changes
		g.figure = g.rule.metric.Of(&w.sums, g.rule.Confidence)
	}
	return alarm.Reading{Start: w.frame.start, End: w.frame.end, Metric: g.figure, Coverage: w.sums.Coverage()}
}
