package drift

import (
	"cmp"
	"slices"

	"hindsight/drift/metric"
	"hindsight/schemas"
)

// publish makes the records that a configured window publishes at the instant
// now, by start, version and segment. An empty window is not published, unless
// it was before: on the label clock, what was unlabelled moves to its label.
func (w *Watch) publish(c *calendar, now schemas.Instant) []*schemas.Window {
	var records []*schemas.Window
	var r reader
	for _, win := range c.collect(now) {
		sums := r.read(win)
		if win.frame.final == now {
			win.track.freeze(win, sums)
		}
		if win.scored > 0 || win.revision > 0 {
			records = append(records, w.record(win, sums, now))
		}
	}
	// They come by version and segment.
	slices.SortStableFunc(records, func(a, b *schemas.Window) int { return cmp.Compare(a.Start, b.Start) })
	return records
}

func (w *Watch) record(win *window, sums *metric.Sums, now schemas.Instant) *schemas.Window {
	spec := &win.track.calendar.spec
	maturity, why := win.track.calendar.maturity(win, now)
	state := schemas.Provisional
	switch {
	case win.frame.final == now:
		state = schemas.Final
	case why == "" && win.frame.ends <= now && maturity >= w.mature:
		state = schemas.Mature
	}
	win.revision++
	record := &schemas.Window{
		Model: w.config.Model, Name: spec.Name, Clock: spec.Clock,
		Start: win.frame.start, End: win.frame.end,
		Version: win.track.version, Segment: win.track.segment,
		State: state, Revision: win.revision, At: now,
		Scored: win.scored, Labelled: win.labelled,
		Assumed: sums.Assumed, Unlabelled: sums.Unlabelled,
		Coverage: win.coverage(), MaturityUndefined: why, FinalBy: win.frame.final,
		Values:  slices.Clone(sums.Values()),
		Metrics: make([]schemas.Metric, 0, len(w.metrics)),
	}
	if why == "" {
		record.Maturity = &maturity
	}
	for _, m := range w.metrics {
		record.Metrics = append(record.Metrics, win.track.calendar.figure(m, win, sums, w.confidence, now))
	}
	return record
}

// reader adds panes up. Given the windows of a track by start, it moves along:
// what the next window has not is taken back, what is new is added.
type reader struct {
	track    *track
	from, to int // the panes that are in sums
	sums     metric.Sums
}

// read returns the sums of the window, which are good until the next read.
func (r *reader) read(w *window) *metric.Sums {
	if w.sums != nil {
		return w.sums
	}
	first := w.track.paneAt(w.frame.start)
	if r.track != w.track || first >= r.to {
		*r = reader{track: w.track, from: first, to: first}
	}
	panes := w.track.panes
	for ; r.to < len(panes) && panes[r.to].start < w.frame.end; r.to++ {
		r.sums.Merge(&panes[r.to].sums)
	}
	for ; r.from < first; r.from++ {
		r.sums.Remove(&panes[r.from].sums)
	}
	return &r.sums
}
