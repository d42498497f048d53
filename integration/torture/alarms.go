package main

import (
	"maps"
	"slices"
)

// rule is an alarm of the configuration of every round.
type rule struct {
	name, window                       string
	regions                            bool // one for each region, too
	below, clear, coverage, confidence float64
	labels, hold                       int64
}

var alarmRules = []rule{
	{name: "hop-low", window: "hop", regions: true, below: 0.75, clear: 0.8, coverage: 0.5, confidence: 0.95, labels: 40, hold: hour / 2},
	{name: "quarter-low", window: "quarter", below: 0.82, clear: 0.84, coverage: 0.3, confidence: 0.9, labels: 100, hold: 0},
}

// alarmRecord is what a record of alarms must say.
type alarmRecord struct {
	name, segment, state, previous string
	at, since                      int64
	reading                        reading
}

// guard is a rule on one segment, judged at every tick.
type guard struct {
	rule    *rule
	spec    spec
	segment string
	windows *windows

	state       string
	past, since int64
	fired       int64 // start of the window that it fired on
	records     []alarmRecord
	starts      []int64
}

// expectAlarms judges every rule at every tick up to end, as a person with a
// table of windows would.
func expectAlarms(w *windows, end int64) map[[2]string][]alarmRecord {
	all := map[[2]string][]alarmRecord{}
	segments := map[string]bool{}
	for key := range w.all {
		segments[key.segment] = true
	}
	for i := range alarmRules {
		r := &alarmRules[i]
		s := specs[slices.IndexFunc(specs, func(s spec) bool { return s.name == r.window })]
		for _, segment := range slices.Sorted(maps.Keys(segments)) {
			if segment != "" && !r.regions {
				continue
			}
			g := &guard{rule: r, spec: s, segment: segment, windows: w, state: "unknown", past: beginning}
			first := int64(forever)
			for key, history := range w.all {
				if key.name == s.name && key.segment == segment {
					g.starts = append(g.starts, key.start)
					first = min(first, history[0].tick)
				}
			}
			slices.Sort(g.starts)
			if first == forever {
				continue
			}
			for tick := first; tick <= end; tick += w.tick {
				g.judge(tick)
			}
			if len(g.records) > 0 {
				all[[2]string{r.name, segment}] = g.records
			}
		}
	}
	return all
}

// held returns the sums of a window that is still looked back to at a tick.
func (g *guard) held(start, tick int64) (sums, bool) {
	if g.windows.final(g.spec, start+g.spec.slide) <= tick {
		return sums{}, false
	}
	return g.windows.at(windowKey{g.spec.name, start, g.segment}, tick)
}

func (g *guard) enough(r reading) bool {
	return r.n > 0 && r.n >= g.rule.labels && r.coverage >= g.rule.coverage
}

func (g *guard) judge(tick int64) {
	var newest, at *reading
	for _, start := range slices.Backward(g.starts) {
		of, held := g.held(start, tick)
		if !held || ceil(start+g.spec.size, g.windows.tick) > tick {
			continue
		}
		r := read(g.spec, start, of, g.rule.confidence)
		if newest == nil {
			newest = &r
		}
		if g.enough(r) {
			at = &r
			break
		}
	}
	past := at != nil && at.high < g.rule.below
	switch {
	case !past:
		g.past = beginning
	case g.past == beginning:
		g.past = tick
	}
	if g.state == "firing" {
		g.firing(at, past, tick)
		return
	}
	next := "ok"
	switch {
	case at == nil:
		next, at = "unknown", newest
	case past && tick >= g.past+g.rule.hold:
		next = "firing"
	case past:
		next = "pending"
	}
	if next != g.state {
		if at == nil {
			at = &reading{}
		}
		g.change(next, *at, tick)
	}
}

// firing resolves an alarm when the bound is passed back, or withdraws it when
// the window that it fired on has been corrected.
func (g *guard) firing(at *reading, past bool, tick int64) {
	if past {
		return
	}
	if of, held := g.held(g.fired, tick); held {
		if r := read(g.spec, g.fired, of, g.rule.confidence); g.enough(r) && r.high >= g.rule.below {
			g.change("resolved", r, tick)
			if at == nil {
				g.state = "unknown"
			}
			return
		}
	}
	if at != nil && at.value >= g.rule.clear {
		g.change("resolved", *at, tick)
	}
}

func (g *guard) change(next string, r reading, tick int64) {
	if g.state == "unknown" || g.state == "ok" {
		g.since = tick
	}
	g.records = append(g.records, alarmRecord{g.rule.name, g.segment, next, g.state, tick, g.since, r})
	if g.state = next; next == "firing" {
		g.fired = r.start
	}
	if next == "resolved" {
		g.state = "ok"
	}
}
