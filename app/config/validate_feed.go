package config

import (
	"strconv"
	"time"
)

// validateFeed checks a rule on the label feed; wait is horizon and grace.
func (a Alarm) validateFeed(r *reporter, at func(string) string, wait time.Duration) {
	r.foreignKeys(at, "a rule on the label feed", "metric", "min_maturity", "above")
	if a.Hold < 0 {
		r.fault(at("hold"), FormatDuration(a.Hold), "must be 0 or more")
	}
	if a.Feed == FeedSilent {
		r.foreignKeys(at, "feed: silent", "window", "below", "clear", "after")
		if a.For <= 0 {
			r.require(at("for"), r.bad[at("for")], "how long scores go on without a label until that is an alarm, such as 6h")
		} else if wait > 0 && a.For > wait {
			r.fault(at("for"), FormatDuration(a.For), "must be at most horizon and grace together (%s)", FormatDuration(wait))
		}
		return
	}
	r.foreignKeys(at, "feed: coverage", "for")
	switch {
	case a.Below == nil:
		r.require(at("below"), r.bad[at("below")], "the share of scores that must have got their label, such as 0.8")
	case *a.Below < 0 || *a.Below > 1:
		r.fault(at("below"), number(*a.Below), "must be from 0 to 1: it is a share of the scores")
	case a.Clear != nil && *a.Clear < *a.Below:
		r.fault(at("clear"), number(*a.Clear), "must be at least below (%s)", number(*a.Below))
	}
	if a.After < 0 || wait > 0 && a.After > wait {
		r.fault(at("after"), FormatDuration(a.After), "must be from 0 to horizon and grace together (%s)", FormatDuration(wait))
	}
	if a.MinScores < 1 {
		r.fault(at("min_scores"), strconv.FormatInt(a.MinScores, 10), "must be at least 1")
	}
	if a.Confidence <= 0.5 || a.Confidence >= 1 {
		r.fault(at("confidence"), number(a.Confidence), "must be more than 0.5 and less than 1, such as 0.95")
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
