package rules

import (
	"maps"
	"slices"

	"hindsight/app/config"
	"hindsight/drift"
	"hindsight/drift/alarm"
	"hindsight/labels"
	"hindsight/schemas"
)

// Join is what the join of any partition is told.
func Join(cfg *config.Config) (labels.Config, error) {
	specs := WindowSpecs(cfg.Watch.Windows)
	event, err := drift.Width(specs, schemas.EventClock, cfg.Watch.Slice)
	if err != nil {
		return labels.Config{}, err
	}
	label, err := drift.Width(specs, schemas.LabelClock, cfg.Watch.Slice)
	if err != nil {
		return labels.Config{}, err
	}
	var models []string // their slices close although a partition never sees a score
	if name := cfg.ModelName(); name != "" {
		models = []string{name}
	}
	return labels.Config{
		EventsTopic: cfg.Events.Topic, ScoresTopic: cfg.Topics.Scores, EventWidth: event, LabelWidth: label, Models: models, FatesOf: cfg.ModelName(),
	}, nil
}

// Settings are the settings that decide, as they are logged.
func Settings(cfg *config.Config) labels.Settings {
	policies := map[string]labels.Policy{config.Latest: labels.Latest, config.First: labels.First, config.Majority: labels.Majority}
	s := labels.Settings{
		Tick: cfg.Watch.Tick, Horizon: cfg.Labels.Horizon, Grace: cfg.Labels.Grace, Early: cfg.Labels.Early,
		Conflict: policies[cfg.Labels.Conflict], EventsClock: cfg.Events.Clock, LabelsClock: cfg.Labels.Clock,
	}
	if cfg.Scores.Foreign() {
		s.EventsClock = cfg.Scores.Clock
	}
	if cfg.Labels.Missing.Assumed {
		s.Missing = schemas.Canonical(cfg.Labels.Missing.Class)
	}
	for _, h := range cfg.Labels.Horizons {
		own := labels.SegmentHorizon{Horizon: h.Horizon}
		for _, field := range slices.Sorted(maps.Keys(h.Segment)) {
			own.Segment = append(own.Segment, schemas.Segment{Field: field, Value: schemas.Canonical(h.Segment[field])})
		}
		s.Horizons = append(s.Horizons, own)
	}
	return s
}

// WindowSpecs are the configured windows.
func WindowSpecs(windows []config.Window) []drift.WindowSpec {
	clocks := map[string]schemas.Clock{config.EventClock: schemas.EventClock, config.LabelClock: schemas.LabelClock}
	var specs []drift.WindowSpec
	for _, w := range windows {
		specs = append(specs, drift.WindowSpec{Name: w.Name, Size: w.Size, Slide: w.Slide, Clock: clocks[w.Clock]})
	}
	return specs
}

// Watch is what the watcher of a model is told.
func Watch(cfg *config.Config) drift.Config {
	c := drift.Config{
		Tick: cfg.Watch.Tick, Horizon: cfg.Labels.Longest(), Grace: cfg.Labels.Grace,
		Windows: WindowSpecs(cfg.Watch.Windows), Metrics: cfg.Watch.Metrics, Mature: cfg.Watch.Mature,
	}
	for _, r := range cfg.Watch.Alarms {
		if r.Feed != "" {
			c.Rules = append(c.Rules, feedRule(r, append([]string{""}, r.Segments...)))
			continue
		}
		whole, maturity := []string{""}, 0.0
		if r.MinMaturity != nil {
			maturity = *r.MinMaturity
		}
		c.Rules = append(c.Rules, alarm.Rule{
			Name: r.Name, Metric: r.Metric, Window: r.Window, Segments: append(whole, r.Segments...), Below: r.Below, Above: r.Above, Clear: r.Clear,
			MinLabels: r.MinLabels, MinCoverage: r.MinCoverage, MinMaturity: maturity, Confidence: r.Confidence, Hold: r.Hold, Severity: r.Severity,
		})
	}
	return c
}

// feedRule is a rule on the label feed.
func feedRule(r config.Alarm, segments []string) alarm.Rule {
	out := alarm.Rule{Name: r.Name, Segments: segments, Hold: r.Hold, Severity: r.Severity}
	if r.Feed == config.FeedSilent {
		out.Feed, out.For = alarm.Silent, r.For
		return out
	}
	feeds := map[string]string{
		config.FeedCoverage: alarm.Coverage, config.FeedSlow: alarm.Slow, config.FeedOrphans: alarm.Orphans, config.FeedConflicts: alarm.Conflicts,
	}
	out.Feed, out.Window, out.After = feeds[r.Feed], r.Window, r.After
	out.Metric = alarm.Figure(out.Feed)
	out.Below, out.Above, out.Clear, out.MinLabels, out.Confidence = r.Below, r.Above, r.Clear, r.MinLabels, r.Confidence
	if r.Feed == config.FeedCoverage {
		out.MinLabels = r.MinScores
	}
	return out
}
