package drift

import (
	"hindsight/drift/metric"
	"hindsight/schemas"
)

// pace compares the labels of a window that have come with those that usually
// have by now: usual is what the cohorts before the window show. A score counts
// as due for a label only once its bin of delay is over, as if all of its pane
// were as young as the youngest: labels that come at a fixed age are not missed
// before it.
func (c *calendar) pace(w *window, confidence float64, now schemas.Instant) schemas.Metric {
	switch {
	case c.spec.Clock != schemas.EventClock:
		return schemas.Metric{Name: metric.OfPace, Undefined: metric.OnLabelClock}
	case c.cohorts == nil:
		return schemas.Metric{Name: metric.OfPace, Undefined: metric.NotLearnt}
	}
	k := c.cohorts.usual(w.track.segment, w.frame.start, now)
	if !k.learnt() {
		return schemas.Metric{Name: metric.OfPace, Undefined: metric.NotLearnt}
	}
	due := 0.0
	if w.frame.final <= now { // its panes go on without it
		due = float64(w.scored) * k.ever
	} else {
		for _, p := range w.panes() {
			young, _ := c.ages(p, now)
			due += float64(p.sums.Scored) * k.ever * k.all.at[c.cohorts.observed(young)]
		}
	}
	return metric.Pace(w.labelled, w.scored, due, confidence)
}
