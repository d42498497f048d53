package drift

import (
	"time"

	"hindsight/schemas"
)

// Reasons why the maturity of a window is not defined, as they stand in
// schemas.Window.MaturityUndefined.
const (
	NotLearnt    = "not learnt"  // too few labels of events whose horizon and grace are over
	OnLabelClock = "label clock" // its labels are in by definition
)

// maturity is the share of the labels that will ever come of the scores of w
// that should have come by now, or the reason why that is not known.
func (c *calendar) maturity(w *window, now schemas.Instant) (share float64, why string) {
	switch {
	case c.spec.Clock != schemas.EventClock:
		return 0, OnLabelClock
	case w.frame.final <= now || c.cohorts == nil:
		return 1, ""
	}
	k := c.cohorts.of(w.track.segment, now)
	var scored int64
	var known float64
	for _, p := range w.panes() {
		n := p.sums.Scored
		young, old := c.ages(p, now)
		switch {
		case n <= 0:
			continue
		case young >= c.cohorts.wait:
			known += float64(n)
		case !k.learnt():
			return 0, NotLearnt
		case old > 0:
			known += float64(n) * k.all.mean(young, old)
		}
		scored += n
	}
	if scored == 0 {
		return 0, NotLearnt
	}
	return min(1, known/float64(scored)), ""
}

// ages are those of the youngest and the oldest event that may be in a pane by now.
func (c *calendar) ages(p *pane, now schemas.Instant) (young, old time.Duration) {
	return max(0, now.Sub(p.start.Add(c.grain))), now.Sub(p.start)
}

// panes are those that the window covers.
func (w *window) panes() []*pane {
	from := w.track.paneAt(w.frame.start)
	to := from
	for to < len(w.track.panes) && w.track.panes[to].start < w.frame.end {
		to++
	}
	return w.track.panes[from:to]
}
