package metric

import (
	"fmt"
	"strings"

	"hindsight/schemas"
)

// Reasons why a figure is not defined, as they stand in schemas.Metric.Undefined.
const (
	Empty         = "empty"          // no outcome has a truth
	OneClass      = "one class"      // only one class occurs among the truths
	TooFew        = "too few"        // too few outcomes for an interval
	NoProbability = "no probability" // no outcome carries a probability
	Immature      = "immature"       // of some class, less than LeastKnown should be known by now
	NotLearnt     = "not learnt"     // how long labels take is not known yet
	OnLabelClock  = "label clock"    // ages mean nothing there
)

// Metric is one figure by the name it has in the configuration.
type Metric struct {
	Name      string
	Histogram bool // whether it needs the score histogram
	Aged      bool // whether it is read off samples by age (Weigh), not off sums (Of)
	figure    func(s *Sums, confidence float64) schemas.Metric
	weighed   func(samples []Sample, confidence float64) schemas.Metric
}

// Of reads the figure off s with a two-sided interval of the given confidence,
// in (0, 1). One that is Aged is undefined there.
func (m Metric) Of(s *Sums, confidence float64) schemas.Metric {
	if m.Aged {
		return m.Undefined(s.labelled, NotLearnt)
	}
	figure := m.figure(s, confidence)
	figure.Name = m.Name
	return figure
}

// Weigh reads a figure that is Aged off samples by age.
func (m Metric) Weigh(samples []Sample, confidence float64) schemas.Metric {
	figure := m.weighed(samples, confidence)
	figure.Name = m.Name
	return figure
}

// Undefined is the figure of n outcomes without a value, and why it has none.
func (m Metric) Undefined(n int64, why string) schemas.Metric {
	return schemas.Metric{Name: m.Name, N: n, Undefined: why}
}

func table() []Metric {
	return []Metric{
		{Name: "accuracy", figure: accuracy},
		{Name: "accuracy_highest", figure: accuracyHighest},
		{Name: "accuracy_lowest", figure: accuracyLowest},
		{Name: "accuracy_weighted", Aged: true, weighed: accuracyWeighted},
		{Name: "auc", Histogram: true, figure: auc},
		{Name: "balanced_accuracy", figure: balancedAccuracy},
		{Name: "log_loss", figure: logLoss},
	}
}

// The figures that rules on the label feed judge. They are no metrics of a
// window.
const (
	OfCoverage  = "coverage"
	OfPace      = "label_pace" // by Pace
	OfOrphans   = "label_orphans"
	OfConflicts = "label_conflicts"
)

func feedTable() []Metric {
	return []Metric{
		{Name: OfCoverage, figure: coverage},
		{Name: OfPace, Aged: true},
		{Name: OfOrphans, figure: orphans},
		{Name: OfConflicts, figure: conflicts},
	}
}

// Named returns the metric of that name, those of the label feed included, or
// an error that lists the names there are.
func Named(name string) (Metric, error) {
	for _, m := range append(table(), feedTable()...) {
		if m.Name == name {
			return m, nil
		}
	}
	return Metric{}, fmt.Errorf("metric %q is unknown: use one of %s", name, strings.Join(Names(), ", "))
}

// Names lists the metrics in alphabetical order.
func Names() []string {
	var names []string
	for _, m := range table() {
		names = append(names, m.Name)
	}
	return names
}

// undefined is the metric of n outcomes that has no value, and says why.
func undefined(n int64, why string) schemas.Metric {
	return schemas.Metric{N: n, Undefined: why}
}
