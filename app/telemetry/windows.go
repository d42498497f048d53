package telemetry

import (
	"maps"
	"math"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"hindsight/schemas"
)

// windowGauges show, for each window name, version and segment, the newest
// window that has ended as of its judgement and whose coverage suffices for
// the alarm rules on it; until there is one, the newest with a label. A window
// of few labels never replaces one that says more: early labels are no fair
// sample. A later revision of the window shown does.
type windowGauges struct {
	limit                      *segmentLimit
	metric, coverage, maturity *prometheus.GaugeVec

	mu     sync.Mutex
	least  map[string]float64 // the coverage that suffices, by window name
	newest map[windowKey]windowEntry
	folded map[windowKey]*foldedWindow // under the segment Other
}

type windowKey struct{ window, version, segment string }

type windowEntry struct {
	end      schemas.Instant
	revision int32
	suffices bool
}

// RequireCoverage says which coverage suffices for a window to be shown in
// place of an older one that has it: that of the alarm rules.
func (m *Metrics) RequireCoverage(window string, least float64) {
	m.windows.mu.Lock()
	defer m.windows.mu.Unlock()
	if m.windows.least == nil {
		m.windows.least = map[string]float64{}
	}
	m.windows.least[window] = max(least, m.windows.least[window])
}

// ForgetVersion takes back the windows of a version that answers no more, whose
// figures would else stand still for ever.
func (m *Metrics) ForgetVersion(version string) { m.windows.forget(clean(version)) }

// ObserveWindow shows a window that was judged. Windows may come in any order,
// and again.
func (m *Metrics) ObserveWindow(w schemas.Window) { m.windows.observe(w) }

func (g *windowGauges) observe(w schemas.Window) {
	if w.End > w.At || w.Coverage <= 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	key := windowKey{clean(w.Name), clean(w.Version), g.limit.label(w.Segment)}
	if key.segment == Other {
		w = g.fold(key, w)
	} else {
		last, ok := g.newest[key]
		this := windowEntry{w.End, w.Revision, w.Coverage >= g.least[w.Name]}
		if ok && !this.replaces(last) {
			return
		}
		g.newest[key] = this
	}

	g.coverage.WithLabelValues(key.window, key.version, key.segment).Set(w.Coverage)
	if w.Maturity != nil {
		g.maturity.WithLabelValues(key.window, key.version, key.segment).Set(*w.Maturity)
	} else {
		g.maturity.DeleteLabelValues(key.window, key.version, key.segment)
	}
	for _, metric := range w.Metrics {
		value := metric.Value
		if metric.Undefined != "" {
			value = math.NaN() // a rule on it finds nothing, which is not the same as a good figure
		}
		g.metric.WithLabelValues(key.window, clean(metric.Name), key.version, key.segment).Set(value)
	}
}

func (e windowEntry) replaces(last windowEntry) bool {
	switch {
	case e.end == last.end:
		return e.revision >= last.revision
	case e.suffices != last.suffices:
		return e.suffices
	}
	return e.end > last.end
}

func (g *windowGauges) fold(key windowKey, w schemas.Window) schemas.Window {
	f := g.folded[key]
	if f == nil {
		f = &foldedWindow{}
		g.folded[key] = f
	}
	f.add(w)
	return f.together()
}

func (g *windowGauges) forget(version string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ofVersion := func(key windowKey) bool { return key.version == version }
	maps.DeleteFunc(g.newest, func(key windowKey, _ windowEntry) bool { return ofVersion(key) })
	maps.DeleteFunc(g.folded, func(key windowKey, _ *foldedWindow) bool { return ofVersion(key) })
	for _, vec := range []*prometheus.GaugeVec{g.metric, g.coverage, g.maturity} {
		vec.DeletePartialMatch(prometheus.Labels{"version": version})
	}
}
