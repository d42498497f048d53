package config

import (
	"slices"
	"strconv"
	"time"
)

func (w *Watch) validate(r *reporter, segments []string) {
	if w.Slice < time.Second {
		r.fault("watch.slice", FormatDuration(w.Slice), "must be at least 1s")
	}
	if w.Tick < time.Second {
		r.fault("watch.tick", FormatDuration(w.Tick), "must be at least 1s")
	}
	if w.Mature <= 0 || w.Mature > 1 {
		r.fault("watch.mature", number(w.Mature), "must be more than 0 and at most 1")
	}
	names := map[string]bool{}
	for i, win := range w.Windows {
		w.validateWindow(r, i, names)
		names[win.Name] = true
	}
	unique(r, "watch.metrics", w.Metrics)
	rules := map[string]bool{}
	for i, a := range w.Alarms {
		at := func(key string) string { return item("watch.alarms", i, key) }
		r.require(at("name"), a.Name != "", "the name under which the alarm is known")
		if a.Name != "" && rules[a.Name] {
			r.fault(at("name"), a.Name, "is the name of another alarm too")
		}
		rules[a.Name] = true
		if a.Feed != FeedSilent {
			r.require(at("window"), a.Window != "", "the name of one of watch.windows")
		}
		if a.Window != "" && !names[a.Window] {
			windows := w.windowNames()
			r.fault(at("window"), a.Window, "there %s%s", isOrAre(windows), didYouMean(a.Window, windows))
		}
		for j, s := range a.Segments {
			if !slices.Contains(segments, s) {
				r.fault(item(at("segments"), j, ""), s, "must be one of %s.segments%s", r.cfg.sourceSection(), didYouMean(s, segments))
			}
		}
		unique(r, at("segments"), a.Segments)
		if a.Feed != "" {
			a.validateFeed(r, at, r.cfg.Labels.Longest()+r.cfg.Labels.Grace)
			continue
		}
		if !r.bad[at("feed")] {
			r.foreignKeys(at, "a rule on a metric", "for", "after")
			w.validateAge(r, a, at)
			a.validate(r, at)
		}
	}
	if len(w.Detectors) > 0 {
		r.fault("watch.detectors", "", "not yet supported; leave the list empty")
	}
}

// validateAge refuses what the label clock has not: there every label is in.
func (w *Watch) validateAge(r *reporter, a Alarm, at func(string) string) {
	for _, win := range w.Windows {
		if win.Name != a.Window || win.Clock != LabelClock {
			continue
		}
		if a.MinMaturity != nil {
			r.fault(at("min_maturity"), number(*a.MinMaturity), "window %s is on the label clock, which has no maturity; use one on the event clock", a.Window)
		}
		if a.Metric == "accuracy_weighted" {
			r.fault(at("metric"), a.Metric, "window %s is on the label clock, where labels have no age; use one on the event clock", a.Window)
		}
	}
}

// window returns the window of a name, nil where there is none.
func (w *Watch) window(name string) *Window {
	i := slices.IndexFunc(w.Windows, func(win Window) bool { return win.Name == name })
	if i < 0 {
		return nil
	}
	return &w.Windows[i]
}

func (w *Watch) windowNames() []string {
	var names []string
	for _, win := range w.Windows {
		names = append(names, win.Name)
	}
	return names
}

func (w *Watch) validateWindow(r *reporter, i int, names map[string]bool) {
	win := w.Windows[i]
	at := func(key string) string { return item("watch.windows", i, key) }
	r.require(at("name"), win.Name != "", "the name under which the window is known")
	if win.Name != "" && names[win.Name] {
		r.fault(at("name"), win.Name, "is the name of another window too")
	}
	r.require(at("size"), win.Size != 0, "how long the window is, such as 1h or 1d")
	if r.bad[at("size")] || win.Size == 0 {
		return
	}
	if win.Size < 0 {
		r.fault(at("size"), FormatDuration(win.Size), "must be more than 0")
		return
	}
	if win.Slide <= 0 {
		r.fault(at("slide"), FormatDuration(win.Slide), "must be more than 0")
		return
	}
	if win.Size%win.Slide != 0 {
		r.fault(at("slide"), FormatDuration(win.Slide), "must divide the size (%s)", FormatDuration(win.Size))
	}
	if w.Slice < time.Second {
		return
	}
	if win.Size%w.Slice != 0 {
		r.fault(at("size"), FormatDuration(win.Size), "must be a multiple of watch.slice (%s)", FormatDuration(w.Slice))
	} else if win.Slide%w.Slice != 0 {
		r.fault(at("slide"), FormatDuration(win.Slide), "must be a multiple of watch.slice (%s)", FormatDuration(w.Slice))
	}
}

func (a Alarm) validate(r *reporter, at func(string) string) {
	r.require(at("metric"), a.Metric != "", "one of accuracy, accuracy_weighted, accuracy_lowest, accuracy_highest, balanced_accuracy, log_loss and auc")
	switch {
	case a.Below == nil && a.Above == nil:
		r.require(at("below"), r.bad[at("above")], "give below or above, the bound of the metric")
	case a.Below != nil && a.Above != nil:
		r.fault(at("above"), number(*a.Above), "give either below or above; one alarm has one bound")
	default:
		a.validateBound(r, at)
	}
	if a.MinLabels < 1 {
		r.fault(at("min_labels"), strconv.FormatInt(a.MinLabels, 10), "must be at least 1")
	}
	if a.MinCoverage < 0 || a.MinCoverage > 1 {
		r.fault(at("min_coverage"), number(a.MinCoverage), "must be from 0 to 1")
	}
	if a.MinMaturity != nil && (*a.MinMaturity < 0 || *a.MinMaturity > 1) {
		r.fault(at("min_maturity"), number(*a.MinMaturity), "must be from 0 to 1")
	}
	if a.Confidence <= 0.5 || a.Confidence >= 1 {
		r.fault(at("confidence"), number(a.Confidence), "must be more than 0.5 and less than 1, such as 0.95")
	}
	if a.Hold < 0 {
		r.fault(at("hold"), FormatDuration(a.Hold), "must be 0 or more")
	}
}

// validateBound checks the bound against what the metric can be, and that an
// alarm clears on the well side of it.
func (a Alarm) validateBound(r *reporter, at func(string) string) {
	bound, below := a.Bound()
	key := "above"
	if below {
		key = "below"
	}
	switch {
	case a.Metric == "log_loss" && bound < 0:
		r.fault(at(key), number(bound), "must be 0 or more: log_loss is never negative")
	case a.Metric != "log_loss" && a.Metric != "" && (bound < 0 || bound > 1):
		r.fault(at(key), number(bound), "must be from 0 to 1: %s is never outside", a.Metric)
	}
	a.validateClear(r, at)
}

func (a Alarm) validateClear(r *reporter, at func(string) string) {
	bound, below := a.Bound()
	switch {
	case a.Clear == nil:
	case below && *a.Clear < bound:
		r.fault(at("clear"), number(*a.Clear), "must be at least below (%s)", number(bound))
	case !below && *a.Clear > bound:
		r.fault(at("clear"), number(*a.Clear), "must be at most above (%s)", number(bound))
	}
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
