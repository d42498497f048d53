package telemetry

import (
	"maps"
	"math"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"hindsight/schemas"
)

// windowGauges show, for each window name, version and segment, the newest
// window that has ended as of its judgement and has at least one label. A
// window that is still open, or of which no label has come, never replaces one
// that says something; a later revision of the window shown does.
type windowGauges struct {
	limit                      *segmentLimit
	metric, coverage, maturity *prometheus.GaugeVec

	mu     sync.Mutex
	newest map[windowKey]windowEntry
	folded map[windowKey]*foldedWindow // under the segment Other
}

type windowKey struct{ window, version, segment string }

type windowEntry struct {
	end      schemas.Instant
	revision int32
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
		if ok && (w.End < last.end || w.End == last.end && w.Revision < last.revision) {
			return
		}
		g.newest[key] = windowEntry{w.End, w.Revision}
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
