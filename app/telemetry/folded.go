package telemetry

import (
	"slices"

	"hindsight/schemas"
)

// foldedWindow sums the segments that share Other, for the newest end of window
// only: scores and labels add up, metrics are means weighted by the labels
// behind them, which is exact for accuracy and near for the others.
type foldedWindow struct {
	end              schemas.Instant
	members          map[string]schemas.Window
	scored, labelled int64
	metrics          []weighted // in order of first sight
}

type weighted struct {
	name string
	n    int64
	sum  float64 // of value times n
}

// add puts w in the place of what was known of its segment.
func (f *foldedWindow) add(w schemas.Window) {
	switch {
	case f.members == nil || w.End > f.end:
		*f = foldedWindow{end: w.End, members: map[string]schemas.Window{}}
	case w.End < f.end:
		return
	}
	if old, ok := f.members[w.Segment]; ok {
		if w.Revision < old.Revision {
			return
		}
		f.count(old, -1)
	}
	w.Metrics = slices.Clone(w.Metrics) // what was counted must be known to be taken back
	f.members[w.Segment] = w
	f.count(w, +1)
}

func (f *foldedWindow) count(w schemas.Window, sign int64) {
	f.scored += sign * w.Scored
	f.labelled += sign * w.Labelled
	for _, m := range w.Metrics {
		sum := f.metric(m.Name)
		if m.Undefined == "" && m.N > 0 {
			sum.n += sign * m.N
			sum.sum += float64(sign*m.N) * m.Value
		}
	}
}

func (f *foldedWindow) metric(name string) *weighted {
	for i := range f.metrics {
		if f.metrics[i].name == name {
			return &f.metrics[i]
		}
	}
	f.metrics = append(f.metrics, weighted{name: name})
	return &f.metrics[len(f.metrics)-1]
}

// together returns the members as one window.
func (f *foldedWindow) together() schemas.Window {
	w := schemas.Window{End: f.end, Scored: f.scored, Labelled: f.labelled}
	if f.scored > 0 {
		w.Coverage = float64(f.labelled) / float64(f.scored)
	}
	for _, m := range f.metrics {
		metric := schemas.Metric{Name: m.name, N: m.n, Undefined: "empty"}
		if m.n > 0 {
			metric.Undefined, metric.Value = "", m.sum/float64(m.n)
		}
		w.Metrics = append(w.Metrics, metric)
	}
	return w
}
