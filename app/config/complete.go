package config

import (
	"slices"
	"time"
)

// DefaultWindow is the name of the only window where none is configured.
const DefaultWindow = "day"

// DefaultMetric is the only metric where none is configured.
const DefaultMetric = "accuracy"

// complete fills in the defaults that depend on other keys; has tells which
// keys the file gives.
func (cfg *Config) complete(has func(key string) bool) {
	if cfg.Output.Wire == "" {
		cfg.Output.Wire = SingleObject
		if cfg.Registry.URL != "" {
			cfg.Output.Wire = Confluent
		}
	}
	if !has("labels.early") {
		cfg.Labels.Early = cfg.Labels.Longest()
	}
	cfg.Scores.complete(cfg.Topics.Scores)
	cfg.Watch.complete(has)
	cfg.Watch.ripen(cfg.Labels.Longest(), has)
}

// ripen has windows on the event clock judged when all labels were due.
func (w *Watch) ripen(horizon time.Duration, has func(key string) bool) {
	for i := range w.Alarms {
		a := &w.Alarms[i]
		for _, win := range w.Windows {
			if a.Feed == FeedCoverage && win.Name == a.Window && win.Clock == EventClock && !has(item("watch.alarms", i, "after")) {
				a.After = horizon
			}
		}
	}
}

func (w *Watch) complete(has func(key string) bool) {
	if !has("watch.tick") {
		w.Tick = w.Slice
	}
	if len(w.Windows) == 0 {
		w.Windows = []Window{{Name: DefaultWindow, Size: 24 * time.Hour, Clock: EventClock}}
	}
	for i := range w.Windows {
		if !has(item("watch.windows", i, "slide")) {
			w.Windows[i].Slide = w.Windows[i].Size
		}
	}
	if len(w.Metrics) == 0 {
		w.Metrics = []string{DefaultMetric}
	}
	for i := range w.Alarms {
		a := &w.Alarms[i]
		if a.Clear == nil && (a.Below != nil || a.Above != nil) {
			bound, _ := a.Bound()
			a.Clear = &bound
		}
		if a.Metric != "" && !slices.Contains(w.Metrics, a.Metric) {
			w.Metrics = append(w.Metrics, a.Metric) // a rule needs its metric computed
		}
	}
}
