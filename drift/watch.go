package drift

import (
	"fmt"

	"hindsight/drift/alarm"
	"hindsight/drift/metric"
	"hindsight/schemas"
)

// Emitter takes what a judgement publishes, in order.
type Emitter interface {
	Window(*schemas.Window) error
	Alarm(*schemas.Alarm) error
}

// Watch folds the slices of one model. It is not safe for concurrent use.
type Watch struct {
	config     Config
	metrics    []metric.Metric
	calendars  []*calendar // as configured
	rules      []*rule     // as configured
	intake     intake
	cohorts    *cohorts
	judged     schemas.Instant
	unclaimed  []schemas.AlarmMemory // of rules that are no longer configured
	listeners  map[listenerKey]*listener
	confidence float64
	mature     float64
}

// New returns a watcher that has seen nothing, or every fault of the configuration.
func New(config Config) (*Watch, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	w := &Watch{config: config, judged: schemas.Beginning, confidence: config.Confidence}
	w.intake.base = schemas.Beginning
	w.listeners = map[listenerKey]*listener{}
	if w.confidence == 0 {
		w.confidence = DefaultConfidence
	}
	if w.mature = config.Mature; w.mature == 0 {
		w.mature = DefaultMature
	}
	histogram := false
	for _, name := range config.Metrics {
		m, err := metric.Named(name)
		if err != nil {
			return nil, err
		}
		w.metrics = append(w.metrics, m)
		histogram = histogram || m.Histogram
	}
	for i := range config.Rules {
		var m metric.Metric
		if config.Rules[i].Feed != alarm.Silent {
			var err error
			if m, err = metric.Named(config.Rules[i].Metric); err != nil {
				return nil, err
			}
		}
		w.rules = append(w.rules, &rule{Rule: config.Rules[i], order: i, metric: m})
	}
	w.cohorts = newCohorts(&config)
	for _, spec := range config.Windows {
		c := &calendar{
			spec: spec, tick: config.Tick, settle: config.Horizon + config.Grace,
			cadence: config.cadence(spec), grain: spec.grain(), histogram: histogram, cohorts: w.cohorts,
			tracks: make(map[trackKey]*track), lost: Lost{Window: spec.Name},
		}
		for _, r := range w.rules {
			if r.Window == spec.Name && r.Feed != alarm.Silent {
				c.rules = append(c.rules, r)
				c.histogram = c.histogram || r.metric.Histogram
			}
		}
		w.calendars = append(w.calendars, c)
	}
	return w, nil
}

// Add takes one slice in, which lies at offset of the slices topic; slices come
// in the order of their offsets. A slice it has had before is passed over. Its
// cells are kept until they are judged and must not be changed by the caller.
// An error means that the slice cannot be trusted; the watcher is as before.
func (w *Watch) Add(s *schemas.Slice, offset int64) error {
	if s.Model != w.config.Model {
		return fmt.Errorf("slice of model %q: this watcher is for %q", s.Model, w.config.Model)
	}
	return w.intake.add(s, offset)
}

// Judged is the last instant that is judged, Beginning before the first.
func (w *Watch) Judged() schemas.Instant { return w.judged }

// Floor is the offset of the slices topic from which a watcher that has nothing
// but Memory must read to become this one: math.MaxInt64 where it needs none of
// the slices it was given, so that one from its next slice on will do.
func (w *Watch) Floor() int64 {
	floor := min(w.intake.floor(), w.cohorts.floor())
	for _, c := range w.calendars {
		for _, f := range c.frames {
			floor = min(floor, f.floor)
		}
	}
	return floor
}

// Lost counts what is in no window, one entry per configured window, since the
// watcher was made.
func (w *Watch) Lost() []Lost {
	var lost []Lost
	for _, c := range w.calendars {
		lost = append(lost, c.lost)
	}
	return lost
}

// Live is how many windows are kept in memory.
func (w *Watch) Live() int {
	live := 0
	for _, c := range w.calendars {
		for _, f := range c.frames {
			live += len(f.windows)
		}
	}
	return live
}
