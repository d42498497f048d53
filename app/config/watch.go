package config

import "time"

// Watch says what is computed from outcomes, over which spans, and what is worth an alarm.
type Watch struct {
	Slice     time.Duration `yaml:"slice" default:"1m"`
	Tick      time.Duration `yaml:"tick"` // default: Slice
	Windows   []Window      `yaml:"windows"`
	Mature    float64       `yaml:"mature" default:"0.95"`
	Metrics   []string      `yaml:"metrics" allowed:"accuracy|accuracy_weighted|accuracy_lowest|accuracy_highest|balanced_accuracy|log_loss|auc"`
	Alarms    []Alarm       `yaml:"alarms"`
	Detectors []Detector    `yaml:"detectors"`
}

// The values of Window.Clock.
const (
	EventClock = "event"
	LabelClock = "label"
)

// Window is a span of slices; it hops by Slide, and tumbles where that equals Size.
type Window struct {
	Name  string        `yaml:"name"`
	Size  time.Duration `yaml:"size"`
	Slide time.Duration `yaml:"slide"` // default: Size
	Clock string        `yaml:"clock" default:"event" allowed:"event|label"`
}

// The values of Alarm.Feed.
const (
	FeedCoverage  = "coverage"
	FeedSilent    = "silent"
	FeedSlow      = "slow"
	FeedOrphans   = "orphans"
	FeedConflicts = "conflicts"
)

// Alarm is a rule on one metric in one window, or on the label feed. Exactly one
// of Below and Above is set, but for a Feed that is silent; Clear is never nil
// once loaded where there is a bound.
type Alarm struct {
	Name        string        `yaml:"name"`
	Feed        string        `yaml:"feed" allowed:"coverage|silent|slow|orphans|conflicts"` // "": the rule is on Metric
	For         time.Duration `yaml:"for"`                                                   // silent
	After       time.Duration `yaml:"after"`                                                 // coverage, slow, orphans; default of coverage: the horizon, on the event clock
	MinScores   int64         `yaml:"min_scores" default:"200"`                              // coverage
	Metric      string        `yaml:"metric" allowed:"accuracy|accuracy_weighted|accuracy_lowest|accuracy_highest|balanced_accuracy|log_loss|auc"`
	Window      string        `yaml:"window"`
	Segments    []string      `yaml:"segments" kind:"field"` // fields kept apart beside the whole
	Below       *float64      `yaml:"below"`
	Above       *float64      `yaml:"above"`
	Clear       *float64      `yaml:"clear"` // default: the bound
	MinLabels   int64         `yaml:"min_labels" default:"200"`
	MinCoverage float64       `yaml:"min_coverage" default:"0.5"`
	MinMaturity *float64      `yaml:"min_maturity"`
	Confidence  float64       `yaml:"confidence" default:"0.95"`
	Hold        time.Duration `yaml:"hold" default:"10m"`
	Severity    string        `yaml:"severity" default:"page"`
}

// Bound returns the bound that must not be passed, and whether values below it pass it.
func (a Alarm) Bound() (bound float64, below bool) {
	switch {
	case a.Below != nil:
		return *a.Below, true
	case a.Above != nil:
		return *a.Above, false
	}
	return 0, false
}

// Detector is a sequential test on a stream of sums.
type Detector struct {
	Name   string             `yaml:"name"`
	Stream string             `yaml:"stream"`
	Params map[string]float64 `yaml:"params"`
}
