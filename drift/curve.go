package drift

import (
	"slices"
	"strings"
	"time"

	"hindsight/schemas"
)

// How many labels of events whose time is over a curve must rest on: of the
// whole or a segment, and of a class in it.
const (
	curveLabels = 100
	classLabels = 20
)

// curve is how the truths of a segment come in as their events grow older.
type curve struct {
	labels  int64   // of events whose time is over
	ever    float64 // the share of the scores that ever get one
	all     *shares
	classes []classCurve // by truth
}

type classCurve struct {
	truth  string
	labels int64
	*shares
}

// class returns the curve of a class, nil while it is not learnt.
func (k *curve) class(truth string) *shares {
	i, found := slices.BinarySearchFunc(k.classes, truth, func(c classCurve, truth string) int { return strings.Compare(c.truth, truth) })
	if !found || k.classes[i].labels < classLabels {
		return nil
	}
	return k.classes[i].shares
}

func (k *curve) learnt() bool { return k.labels >= curveLabels }

// seen counts labels by bin of delay, each bin over the cohorts in which it is over.
type seen struct {
	truth string
	came  []int64 // in the bin
	by    []int64 // in the bin and before
}

func newSeen(truth string, bins int) *seen {
	return &seen{truth, make([]int64, bins), make([]int64, bins)}
}

func (s *seen) add(bins []int64, observed int) {
	var by int64
	for b := range observed {
		if b < len(bins) {
			s.came[b] += bins[b]
			by += bins[b]
		}
		s.by[b] += by
	}
}

// kaplanMeier is the share of the labels that will ever come that come before
// each edge, and the share of the scores that ever get one (Kaplan & Meier
// 1958, JASA 53:457): of scores of which risked[b] were still without a label at
// the beginning of bin b and came[b] got it in b. Scores that wait are censored:
// they count in the bins that are over for them and in no later one.
func kaplanMeier(came, risked []int64) (at []float64, ever float64) {
	at = make([]float64, len(came)+1)
	without := 1.0
	for b, n := range came {
		if risked[b] > 0 {
			without *= 1 - ratio(n, risked[b])
		}
		at[b+1] = 1 - without
	}
	ever = at[len(came)]
	for b := range at {
		if ever > 0 {
			at[b] /= ever
		}
	}
	at[len(came)] = 1
	return at, ever
}

// reversed is the same for the labels of one class. Which of the waiting scores
// are of the class nobody knows, so they cannot be censored; a label is seen
// only if it has come. For delays that are truncated in this way, reversed time
// does what Kaplan–Meier does for censored ones (Lagakos, Barraj & De Gruttola
// 1988, Biometrika 75:515): came[b] of the by[b] labels that came in bin b or
// before it came in b. A class that grows more frequent changes nothing in it.
func reversed(came, by []int64) []float64 {
	at := make([]float64, len(came)+1)
	at[len(came)] = 1
	for b := len(came) - 1; b >= 0; b-- {
		if by[b] > 0 {
			at[b] = at[b+1] * (1 - ratio(came[b], by[b]))
		}
	}
	return at
}

func ratio(n, of int64) float64 { return min(1, max(0, float64(n)/float64(of))) }

// shares is a curve that rises from 0 at age 0 to 1 at the last edge, straight between edges.
type shares struct {
	edges []time.Duration
	at    []float64 // at the edges
	area  []float64 // under the curve up to the edges, in seconds
}

func newShares(edges []time.Duration, at []float64) *shares {
	s := &shares{edges, at, make([]float64, len(at))}
	for b := range len(at) - 1 {
		s.area[b+1] = s.area[b] + (edges[b+1]-edges[b]).Seconds()*(at[b]+at[b+1])/2
	}
	return s
}

// mean is the share of the labels that has come of events evenly spread over
// ages from young to old, old > young >= 0.
func (s *shares) mean(young, old time.Duration) float64 {
	if young >= s.edges[len(s.edges)-1] {
		return 1
	}
	return min(1, max(0, (s.areaTo(old)-s.areaTo(young))/(old-young).Seconds()))
}

func (s *shares) areaTo(age time.Duration) float64 {
	last := len(s.edges) - 1
	if age >= s.edges[last] {
		return s.area[last] + (age - s.edges[last]).Seconds()
	}
	b := min(int(schemas.DelayBin(age)), last-1)
	in, width := (age - s.edges[b]).Seconds(), (s.edges[b+1] - s.edges[b]).Seconds()
	return s.area[b] + in*(s.at[b]+(s.at[b+1]-s.at[b])*in/width/2)
}
