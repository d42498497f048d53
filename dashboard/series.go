package dashboard

import (
	"cmp"
	"slices"

	"hindsight/schemas"
)

// SeriesKey names the windows that make one line of a chart.
type SeriesKey struct{ Window, Version, Segment string }

// Series returns the windows of one line in order of their end. The result is
// the caller's.
func (s Snapshot) Series(key SeriesKey) []schemas.Window {
	var line []schemas.Window
	for _, w := range s.Windows {
		if w.Name == key.Window && w.Version == key.Version && w.Segment == key.Segment {
			line = append(line, w)
		}
	}
	slices.SortStableFunc(line, byEnd)
	return line
}

// Judged returns the window that stands for an ordered series of one window
// name: the newest that has ended as of its own judgement and whose coverage
// suffices for the rules on it; where none does, the newest with a label. The
// hindsight_window_metric gauges choose the same way.
func (s Snapshot) Judged(line []schemas.Window) (schemas.Window, bool) {
	for _, w := range slices.Backward(line) {
		if w.End <= w.At && w.Coverage > 0 && w.Coverage >= s.leastCoverage(w.Name) {
			return w, true
		}
	}
	for _, w := range slices.Backward(line) {
		if w.End <= w.At && w.Coverage > 0 {
			return w, true
		}
	}
	return schemas.Window{}, false
}

func (s Snapshot) leastCoverage(window string) float64 {
	least := 0.0
	for _, r := range s.Rules {
		if r.Window == window {
			least = max(least, r.MinCoverage)
		}
	}
	return least
}

// MetricOf returns the metric of that name, or one that is undefined because
// the window does not have it.
func MetricOf(w schemas.Window, name string) schemas.Metric {
	for _, m := range w.Metrics {
		if m.Name == name {
			return m
		}
	}
	return schemas.Metric{Name: name, Undefined: "empty"}
}

// Headline returns the line that a reader should see first: metric and window
// of the first rule that watches the whole, else the first window's first metric, of the champion and
// the whole. ok is false where there are no windows.
func (s Snapshot) Headline() (key SeriesKey, metric string, ok bool) {
	if len(s.Windows) == 0 {
		return SeriesKey{}, "", false
	}
	first := s.Windows[0]
	key = SeriesKey{Window: first.Name, Version: s.Version}
	if !slices.ContainsFunc(s.Windows, func(w schemas.Window) bool { return w.Version == s.Version }) {
		key.Version = first.Version // a champion of which nothing is known yet
	}
	metric = "accuracy"
	if len(first.Metrics) > 0 {
		metric = first.Metrics[0].Name
	}
	for _, r := range s.Rules {
		if r.Covers("") && slices.ContainsFunc(s.Windows, func(w schemas.Window) bool { return w.Name == r.Window }) {
			key.Window, metric = r.Window, r.Metric
			break
		}
	}
	return key, metric, true
}

// WindowKind is one window of the configuration and what was seen of it.
type WindowKind struct {
	Name     string
	Clock    schemas.Clock
	Versions []string
	Segments []string // "" for the whole comes first
	Metrics  []string // in the order in which they were first seen
}

// Kinds returns the windows that were seen, in order of first sight, with what
// there is to choose from.
func (s Snapshot) Kinds() []WindowKind {
	type key struct{ kind, field, value string }
	seen := map[key]bool{}
	add := func(list *[]string, kind, field, value string) {
		if k := (key{kind, field, value}); !seen[k] {
			seen[k] = true
			*list = append(*list, value)
		}
	}
	index := map[string]int{}
	var kinds []WindowKind
	for _, w := range s.Windows {
		i, ok := index[w.Name]
		if !ok {
			i = len(kinds)
			index[w.Name] = i
			kinds = append(kinds, WindowKind{Name: w.Name, Clock: w.Clock})
		}
		add(&kinds[i].Versions, w.Name, "version", w.Version)
		add(&kinds[i].Segments, w.Name, "segment", w.Segment)
		for _, m := range w.Metrics {
			add(&kinds[i].Metrics, w.Name, "metric", m.Name)
		}
	}
	for i := range kinds {
		slices.Sort(kinds[i].Versions)
		slices.Sort(kinds[i].Segments)
	}
	return kinds
}

func byEnd(a, b schemas.Window) int {
	return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(a.Start, b.Start))
}

func byKey(a, b schemas.Window) int {
	return cmp.Or(
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version),
		cmp.Compare(a.Segment, b.Segment), byEnd(a, b))
}
