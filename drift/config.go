package drift

import (
	"errors"
	"fmt"
	"time"

	"hindsight/drift/alarm"
	"hindsight/drift/metric"
)

// Config is what one model is watched for.
type Config struct {
	Model          string
	Tick           time.Duration // instants are its multiples
	Horizon, Grace time.Duration // how long after its end a window may still change
	Windows        []WindowSpec
	Metrics        []string // of every window, as in metric.Names
	Rules          []alarm.Rule
	Confidence     float64       // of the intervals in windows; 0: 0.95
	Mature         float64       // the maturity from which a window that has ended is mature; 0: 0.95
	Publish        time.Duration // between provisional publications; 0: the slice width of the window's clock or a 24th of its size, at least Tick
}

// DefaultConfidence is that of the published intervals unless the Config says otherwise.
const DefaultConfidence = 0.95

// DefaultMature is the maturity from which a window is mature unless the Config says otherwise.
const DefaultMature = 0.95

// Validate returns every fault at once.
func (c *Config) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if c.Tick <= 0 || c.Tick%time.Microsecond != 0 {
		fault("tick is %v: it must be positive and whole microseconds", c.Tick)
	}
	if c.Horizon < 0 || c.Grace < 0 {
		fault("horizon %v and grace %v cannot be negative", c.Horizon, c.Grace)
	}
	if c.Publish < 0 || c.Publish%time.Microsecond != 0 {
		fault("publish is %v: it cannot be negative and must be whole microseconds", c.Publish)
	}
	if c.Confidence != 0 && !(c.Confidence > 0 && c.Confidence < 1) {
		fault("confidence is %v: it must lie between 0 and 1", c.Confidence)
	}
	if c.Mature != 0 && !(c.Mature > 0 && c.Mature <= 1) {
		fault("mature is %v: it must be more than 0 and at most 1", c.Mature)
	}
	windows := make(map[string]bool)
	for _, spec := range c.Windows {
		if err := spec.validate(); err != nil {
			faults = append(faults, err)
		}
		if windows[spec.Name] {
			fault("window %q is defined twice: give each a name of its own", spec.Name)
		}
		windows[spec.Name] = true
	}
	metrics := make(map[string]bool)
	for _, name := range c.Metrics {
		if _, err := metric.Named(name); err != nil {
			faults = append(faults, err)
		}
		if metrics[name] {
			fault("metric %q is listed twice", name)
		}
		metrics[name] = true
	}
	rules := make(map[string]bool)
	for i := range c.Rules {
		rule := &c.Rules[i]
		if err := rule.Validate(); err != nil {
			faults = append(faults, err)
		}
		if rule.After > c.Horizon+c.Grace || rule.For > c.Horizon+c.Grace {
			fault("alarm %q: after %v and for %v must not be longer than horizon and grace together (%v)", rule.Name, rule.After, rule.For, c.Horizon+c.Grace)
		}
		if !windows[rule.Window] && rule.Feed != alarm.Silent {
			fault("alarm %q: window %q is not among the windows", rule.Name, rule.Window)
		}
		if rules[rule.Name] {
			fault("alarm %q is defined twice: give each a name of its own", rule.Name)
		}
		rules[rule.Name] = true
	}
	return errors.Join(faults...)
}

// Reach is how far back in stream time the slices must be kept, so that a
// watcher that lost its state can fold them again.
func (c *Config) Reach() time.Duration {
	var reach time.Duration
	for _, s := range c.Windows {
		// A settled window is judged until its successor has settled.
		reach = max(reach, s.Size+s.slide()+c.Horizon+c.Grace)
	}
	if h := newCohorts(c); h != nil {
		reach = max(reach, h.width+2*h.wait)
	}
	return reach
}

// looks is how often the figure of an open window is published at least.
const looks = 24

// cadence is the time between provisional publications of a window: the slice
// width of its clock, a part of its size where that is less, and never less
// than a tick.
func (c *Config) cadence(spec WindowSpec) time.Duration {
	if c.Publish > 0 {
		return c.Publish
	}
	width, _ := Width(c.Windows, spec.Clock, 0) // no width is narrower than 0
	return max(min(width, (spec.Size/looks).Truncate(c.Tick)), c.Tick)
}
