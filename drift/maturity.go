package drift

import (
	"slices"
	"time"

	"hindsight/drift/metric"
	"hindsight/schemas"
)

// maturity is the share of the labels that will ever come of the scores of w
// that should have come by now, or the reason why that is not known, of those
// in package metric.
func (c *calendar) maturity(w *window, now schemas.Instant) (share float64, why string) {
	switch {
	case c.spec.Clock != schemas.EventClock:
		return 0, metric.OnLabelClock
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
			return 0, metric.NotLearnt
		case old > 0:
			known += float64(n) * k.all.mean(young, old)
		}
		scored += n
	}
	if scored == 0 {
		return 0, metric.NotLearnt
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

// samples parts a window by age, as finely as metric.LeastKnown of every class
// allows: what is too young for that counts with what is a little older. Where
// even the whole is too young, it says why there are none.
func (c *calendar) samples(w *window, sums *metric.Sums, now schemas.Instant) (samples []metric.Sample, why string) {
	switch {
	case c.spec.Clock != schemas.EventClock:
		return nil, metric.OnLabelClock
	case w.frame.final <= now || c.cohorts == nil:
		return []metric.Sample{{Pairs: sums.Pairs(), Weights: sums.Weights()}}, ""
	}
	k := c.cohorts.of(w.track.segment, now)
	classes := classesOf(sums.Pairs())
	curves := make([]*shares, len(classes))
	for i, class := range classes {
		if curves[i] = k.class(class); curves[i] == nil {
			return nil, metric.NotLearnt
		}
	}
	var all []stratum
	next := newStratum(len(classes))
	for _, p := range w.panes() {
		young, old := c.ages(p, now)
		for i, curve := range curves {
			if old > 0 {
				next.known[i] += float64(p.sums.Scored) * curve.mean(young, old)
			}
		}
		next.scored += float64(p.sums.Scored)
		next.pairs = append(next.pairs, p.sums.Pairs()...)
		next.weights = append(next.weights, p.sums.Weights()...)
		if next.suffices() {
			all = append(all, next)
			next = newStratum(len(classes))
		}
	}
	if len(all) == 0 {
		return nil, metric.Immature
	}
	last := len(all) - 1
	for all[last].join(next); !all[last].suffices(); last-- {
		if last == 0 {
			return nil, metric.Immature
		}
		all[last-1].join(all[last])
	}
	all = all[:last+1]
	for _, s := range all {
		samples = append(samples, metric.Sample{Pairs: s.pairs, Weights: s.weights, Known: s.shares(classes)})
	}
	return samples, ""
}

func classesOf(pairs []schemas.Pair) []string {
	var classes []string
	for _, p := range pairs {
		classes = append(classes, p.Truth) // they are sorted
	}
	return slices.Compact(classes)
}

// stratum is scores of about one age.
type stratum struct {
	scored float64
	known  []float64 // by class: the sum over the scores of the share that should be known
	pairs  []schemas.Pair

	weights []schemas.PairWeight
}

func newStratum(classes int) stratum { return stratum{known: make([]float64, classes)} }

func (s *stratum) suffices() bool {
	return s.scored > 0 && !slices.ContainsFunc(s.known, func(known float64) bool { return known < metric.LeastKnown*s.scored })
}

func (s *stratum) join(younger stratum) {
	s.scored += younger.scored
	s.pairs = append(s.pairs, younger.pairs...)
	s.weights = append(s.weights, younger.weights...)
	for i, known := range younger.known {
		s.known[i] += known
	}
}

func (s *stratum) shares(classes []string) map[string]float64 {
	shares := make(map[string]float64, len(classes))
	for i, class := range classes {
		shares[class] = min(1, s.known[i]/s.scored)
	}
	return shares
}

// figure reads a metric off a window whose sums are these.
func (c *calendar) figure(m metric.Metric, w *window, sums *metric.Sums, confidence float64, now schemas.Instant) schemas.Metric {
	if !m.Aged {
		return m.Of(sums, confidence)
	}
	samples, why := c.samples(w, sums, now)
	if why != "" {
		return m.Undefined(w.labelled, why)
	}
	return m.Weigh(samples, confidence)
}
