package config

import (
	"strconv"
	"time"
)

// validateFeed checks a rule on the label feed; wait is horizon and grace.
func (a Alarm) validateFeed(r *reporter, at func(string) string, wait time.Duration) {
	r.foreignKeys(at, "a rule on the label feed", "metric", "min_maturity")
	if a.Hold < 0 {
		r.fault(at("hold"), FormatDuration(a.Hold), "must be 0 or more")
	}
	if a.Feed == FeedSilent {
		r.foreignKeys(at, "feed: silent", "window", "below", "above", "clear", "after")
		if a.For <= 0 {
			r.require(at("for"), r.bad[at("for")], "how long scores go on without a label until that is an alarm, such as 6h")
		} else if wait > 0 && a.For > wait {
			r.fault(at("for"), FormatDuration(a.For), "must be at most horizon and grace together (%s)", FormatDuration(wait))
		}
		return
	}
	what := "feed: " + a.Feed
	r.foreignKeys(at, what, "for")
	switch a.Feed {
	case FeedCoverage:
		r.foreignKeys(at, what, "above")
		a.validateShare(r, at, "below", a.Below, "the share of scores that must have got their label, such as 0.8")
	case FeedSlow:
		r.foreignKeys(at, what, "above")
		a.validateShare(r, at, "below", a.Below, "how many of the labels that usually have come by then must have come, such as 0.7")
		if win := r.cfg.Watch.window(a.Window); win != nil && win.Clock == LabelClock {
			r.fault(at("window"), a.Window, "is on the label clock, where labels have no age; use one on the event clock")
		}
	case FeedOrphans, FeedConflicts:
		r.foreignKeys(at, what, "below", "segments")
		if a.Feed == FeedConflicts {
			r.foreignKeys(at, what, "after")
		}
		a.validateShare(r, at, "above", a.Above, "the share of labels that is too high, such as 0.05")
		if win := r.cfg.Watch.window(a.Window); win != nil && win.Clock == EventClock {
			r.fault(at("window"), a.Window, "is on the event clock, where a label without a score has no place; use one on the label clock, such as {name: labels, size: %s, clock: label}", FormatDuration(win.Size))
		}
	}
	if a.After < 0 || wait > 0 && a.After > wait {
		r.fault(at("after"), FormatDuration(a.After), "must be from 0 to horizon and grace together (%s)", FormatDuration(wait))
	}
	if a.MinScores < 1 {
		r.fault(at("min_scores"), strconv.FormatInt(a.MinScores, 10), "must be at least 1")
	}
	if a.MinLabels < 1 {
		r.fault(at("min_labels"), strconv.FormatInt(a.MinLabels, 10), "must be at least 1")
	}
	if a.Confidence <= 0.5 || a.Confidence >= 1 {
		r.fault(at("confidence"), number(a.Confidence), "must be more than 0.5 and less than 1, such as 0.95")
	}
}

// validateShare checks the bound that the rule has to have, a share.
func (a Alarm) validateShare(r *reporter, at func(string) string, key string, bound *float64, what string) {
	switch {
	case bound == nil:
		r.require(at(key), r.bad[at(key)], what)
	case *bound < 0 || *bound > 1:
		r.fault(at(key), number(*bound), "must be from 0 to 1: it is a share")
	default:
		a.validateClear(r, at)
	}
}

// foreignKeys reports keys that mean nothing for what. Those with a default are
// passed over: `config show` writes them.
func (r *reporter) foreignKeys(at func(string) string, what string, keys ...string) {
	for _, key := range keys {
		if r.given(at(key)) {
			r.fault(at(key), "", "is not for %s; leave it out", what)
		}
	}
}
