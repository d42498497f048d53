package app

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"hindsight/drift"
	"hindsight/drift/alarm"
	"hindsight/drift/metric"
	"hindsight/schemas"
)

// dullWatch is WATCH in its plainest words: at every instant it adds what was
// learnt to each window that is not final, and looks at all of them.
type dullWatch struct {
	config  drift.Config
	judged  schemas.Instant
	deltas  map[schemas.Instant][]dullDelta
	fates   dullFates
	windows map[dullKey]*dullWindow
	alarms  map[dullKey]*dullAlarm
	quiet   map[string]*dullQuiet // by segment

	published []schemas.Window
	changes   []schemas.Alarm
}

type dullDelta struct {
	dullCell
	sums *schemas.Sums
}

type dullKey struct {
	name             string // of a window or rule
	start            schemas.Instant
	version, segment string
}

func (k dullKey) compare(o dullKey) int {
	return cmp.Or(cmp.Compare(k.start, o.start), cmp.Compare(k.version, o.version), cmp.Compare(k.segment, o.segment))
}

type dullWindow struct {
	sums     metric.Sums
	dirty    bool
	revision int32
}

// dullAlarm is one rule on one version and segment.
type dullAlarm struct {
	state       schemas.AlarmState
	since, past schemas.Instant // past: Beginning where the bound is not passed
	fired       schemas.Instant // the window it fired on
}

func (d *dullWatch) slide(s drift.WindowSpec) time.Duration {
	if s.Slide == 0 {
		return s.Size
	}
	return s.Slide
}

func (d *dullWatch) final(s drift.WindowSpec, start schemas.Instant) schemas.Instant {
	return start.Add(s.Size + d.config.Horizon + d.config.Grace).Ceil(d.config.Tick)
}

func (d *dullWatch) run() {
	d.windows, d.alarms, d.quiet = map[dullKey]*dullWindow{}, map[dullKey]*dullAlarm{}, map[string]*dullQuiet{}
	ticks := slices.Compact(slices.Sorted(func(yield func(schemas.Instant) bool) {
		for tick := range d.deltas {
			if !yield(tick) {
				return
			}
		}
		for f := range d.fates {
			if !yield(f.tick) {
				return
			}
		}
	}))
	for len(ticks) > 0 {
		// Nothing happens between far ticks once all is over.
		for now := ticks[0]; now <= d.judged; now = now.Add(d.config.Tick) {
			if len(ticks) > 0 && ticks[0] == now {
				ticks = ticks[1:]
			}
			d.instant(now)
			if len(d.windows) == 0 && !d.uneasy() {
				break
			}
		}
		for len(ticks) > 0 && ticks[0] > d.judged {
			ticks = ticks[1:]
		}
	}
}

// uneasy reports whether a rule may still change its mind.
func (d *dullWatch) uneasy() bool {
	if len(d.quiet) > 0 {
		return true
	}
	for _, a := range d.alarms {
		if a.state != schemas.Unknown && a.state != schemas.Firing {
			return true
		}
	}
	return false
}

func (d *dullWatch) instant(now schemas.Instant) {
	for _, x := range d.deltas[now] {
		for _, s := range d.config.Windows {
			if s.Clock != x.clock {
				continue
			}
			for start := x.start.Floor(d.slide(s)); start.Add(s.Size) > x.start; start = start.Add(-d.slide(s)) {
				if d.final(s, start) < now {
					continue
				}
				key := dullKey{s.Name, start, x.version, x.segment}
				if d.windows[key] == nil {
					d.windows[key] = &dullWindow{}
				}
				d.windows[key].sums.Add(x.sums)
				d.windows[key].dirty = true
			}
		}
	}
	for f, n := range d.fates {
		for _, s := range d.config.Windows {
			if s.Clock != schemas.LabelClock || f.tick != now {
				continue
			}
			for start := f.start.Floor(d.slide(s)); start.Add(s.Size) > f.start; start = start.Add(-d.slide(s)) {
				if d.final(s, start) < now {
					continue
				}
				key := dullKey{s.Name, start, "", ""}
				if d.windows[key] == nil {
					d.windows[key] = &dullWindow{}
				}
				d.windows[key].sums.Tell(f.fate, n)
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(d.windows), dullKey.compare)
	for _, s := range d.config.Windows {
		for _, key := range keys {
			if key.name == s.Name {
				d.publish(s, key, now)
			}
		}
	}
	for _, s := range d.config.Windows { // no rule looks back beyond the end of the next window
		for key := range d.windows {
			if key.name == s.Name && d.final(s, key.start.Add(d.slide(s))) <= now {
				delete(d.windows, key)
			}
		}
	}
	for i := range d.config.Rules {
		if r := &d.config.Rules[i]; r.Feed == alarm.Silent {
			d.listen(r, now)
		} else {
			d.judge(r, now)
		}
	}
}

func (d *dullWatch) publish(s drift.WindowSpec, key dullKey, now schemas.Instant) {
	w := d.windows[key]
	ends, final := key.start.Add(s.Size), d.final(s, key.start)
	// Every width of a slice is a tick here, and so is every cadence.
	if final != now && !w.dirty {
		return
	}
	if w.dirty = false; w.sums.Scored <= 0 && w.revision == 0 {
		return
	}
	w.revision++
	record := schemas.Window{Model: "m", Name: s.Name, Clock: s.Clock, Start: key.start, End: ends, Version: key.version, Segment: key.segment,
		Revision: w.revision, At: now, Scored: w.sums.Scored, Labelled: w.sums.Labelled(), Assumed: w.sums.Assumed, Unlabelled: w.sums.Unlabelled,
		Coverage: metric.Coverage(w.sums.Labelled(), w.sums.Scored)}
	record.FinalBy, record.Values = final, slices.Clone(w.sums.Values())
	switch { // a history has too few labels for a curve, and a window here is one pane
	case s.Clock == schemas.LabelClock:
		record.MaturityUndefined = "label clock"
	case final == now:
		all := 1.0
		record.Maturity = &all
	default:
		record.MaturityUndefined = "not learnt"
	}
	if final == now {
		record.State = schemas.Final
	}
	for _, name := range d.config.Metrics {
		record.Metrics = append(record.Metrics, dullFigure(name, &w.sums, drift.DefaultConfidence))
	}
	d.published = append(d.published, record)
}

func dullFigure(name string, sums *metric.Sums, confidence float64) schemas.Metric {
	m, err := metric.Named(name)
	if err != nil {
		panic(err)
	}
	return m.Of(sums, confidence)
}

// judge moves the alarms of one rule along.
func (d *dullWatch) judge(r *alarm.Rule, now schemas.Instant) {
	s := d.config.Windows[slices.IndexFunc(d.config.Windows, func(s drift.WindowSpec) bool { return s.Name == r.Window })]
	tracks := map[dullKey][]dullKey{} // windows that have ended, the newest first
	for _, key := range slices.SortedFunc(maps.Keys(d.windows), func(a, b dullKey) int { return b.compare(a) }) {
		if key.name != s.Name || !slices.Contains(r.Segments, "") || key.segment != "" && !slices.Contains(r.Segments, "side") || r.OfLabels() && key.version != "" {
			continue
		}
		track := dullKey{r.Name, 0, key.version, key.segment}
		if d.alarms[track] == nil {
			d.alarms[track] = &dullAlarm{past: schemas.Beginning}
		}
		if key.start.Add(s.Size+r.After).Ceil(d.config.Tick) <= now {
			tracks[track] = append(tracks[track], key)
		}
	}
	for _, track := range slices.SortedFunc(maps.Keys(d.alarms), dullKey.compare) {
		if track.name == r.Name {
			d.step(r, s, track, tracks[track], now)
		}
	}
}

// dullReading is one window as a rule sees it.
type dullReading struct {
	start, end schemas.Instant
	schemas.Metric
	coverage float64
}

func (x *dullReading) past(r *alarm.Rule) bool {
	if r.Below != nil {
		return x.High < *r.Below
	}
	return x.Low > *r.Above
}

// cleared: no rule here has a clear of its own but those with a lower bound.
func (x *dullReading) cleared(r *alarm.Rule) bool {
	switch {
	case r.Below == nil:
		return x.Value <= *r.Above
	case r.Clear != nil:
		return x.Value >= *r.Clear
	}
	return x.Value >= *r.Below
}

func (x *dullReading) suffices(r *alarm.Rule) bool {
	return x.Undefined == "" && x.N >= r.MinLabels && x.coverage >= r.MinCoverage
}

func (d *dullWatch) step(r *alarm.Rule, s drift.WindowSpec, track dullKey, ended []dullKey, now schemas.Instant) {
	a := d.alarms[track]
	var seen, fired *dullReading
	known := false
	for _, key := range ended {
		sums := &d.windows[key].sums
		x := &dullReading{key.start, key.start.Add(s.Size), dullFigure(r.Metric, sums, r.Confidence), metric.Coverage(sums.Labelled(), sums.Scored)}
		enough := x.suffices(r)
		if !known && enough || seen == nil {
			seen, known = x, enough
		}
		if a.state == schemas.Firing && key.start == a.fired && enough {
			fired = x
		}
	}
	past := known && seen.past(r)
	if !past {
		a.past = schemas.Beginning
	} else if a.past == schemas.Beginning {
		a.past = now
	}
	if a.state == schemas.Firing {
		switch {
		case past:
		case fired != nil && !fired.past(r):
			d.change(r, track, a, schemas.Resolved, fired, now)
			if a.state = schemas.OK; !known {
				a.state = schemas.Unknown
			}
		case known && seen.cleared(r):
			d.change(r, track, a, schemas.Resolved, seen, now)
			a.state = schemas.OK
		}
		return
	}
	next := schemas.OK
	switch {
	case !known:
		next = schemas.Unknown
	case past && now >= a.past.Add(r.Hold):
		next = schemas.Firing
	case past:
		next = schemas.Pending
	}
	if next == a.state {
		return
	}
	if d.change(r, track, a, next, seen, now); next == schemas.Firing {
		a.fired = seen.start
	}
	a.state = next
}

func (d *dullWatch) change(r *alarm.Rule, track dullKey, a *dullAlarm, to schemas.AlarmState, x *dullReading, now schemas.Instant) {
	if a.state == schemas.Unknown || a.state == schemas.OK {
		a.since = now
	}
	if x == nil {
		x = &dullReading{}
	}
	bound := r.Below
	if bound == nil {
		bound = r.Above
	}
	d.changes = append(d.changes, schemas.Alarm{
		ID: alarm.Identity(r.Name, "m", track.version, track.segment, a.since), Name: r.Name, State: to, Previous: a.state, At: now, Since: a.since,
		Severity: r.Severity, Model: "m", Version: track.version, Segment: track.segment, Window: r.Window, Start: x.start, End: x.end,
		Metric: r.Metric, Value: x.Value, Low: x.Low, High: x.High, N: x.N, Coverage: x.coverage, Bound: *bound,
	})
}
