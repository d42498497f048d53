package rules

import (
	"fmt"

	"hindsight/app/config"
	"hindsight/consumer"
	"hindsight/schemas"
)

// earliest is the first time that is taken for one: the year 1. Times far before
// it would be moved by their own arithmetic.
const earliest = schemas.Instant(-62_135_596_800_000_000)

// latest is the last time that a label may name: the end of the year 9999.
const latest = schemas.Instant(253_402_300_799_999_999)

// CheckEvent quarantines a stamp that would move time where it must not go. The
// event's own time is Beginning where it is missing.
func CheckEvent(c *config.Events, event, recorded, now schemas.Instant) *consumer.Fault {
	if event == schemas.Beginning {
		return &consumer.Fault{Class: "no_time", Message: fmt.Sprintf("field %s, the event time, is missing", c.Time)}
	}
	if event < earliest || c.Clock == config.RecordClock && recorded < earliest {
		return &consumer.Fault{Class: "bad_timestamp", Message: fmt.Sprintf("event time %v (record %v) is before the year 1: it is no time", event, recorded)}
	}
	limit := now.Add(c.MaxSkew)
	if event > limit || c.Clock == config.RecordClock && recorded > limit {
		return &consumer.Fault{Class: "future_timestamp", Message: fmt.Sprintf(
			"event time %v (record %v) is more than events.max_skew (%v) beyond now", event, recorded, c.MaxSkew)}
	}
	if oldest := c.Oldest; !oldest.IsZero() && event < schemas.InstantOf(oldest) {
		return &consumer.Fault{Class: "too_old", Message: fmt.Sprintf("event time %v is before events.oldest (%v)", event, oldest)}
	}
	return nil
}

// EventStamp is what moves the clock of a partition of events.
func EventStamp(c *config.Events, event, recorded schemas.Instant) schemas.Instant {
	if c.Clock == config.RecordClock {
		return recorded
	}
	return event
}

// CheckLabel says what is wrong with a label's times, whenever it is read.
func CheckLabel(c *config.Labels, label, recorded schemas.Instant) *consumer.Fault {
	if label == schemas.Beginning && c.Time != "" {
		return &consumer.Fault{Class: "no_time", Message: fmt.Sprintf("field %s, the label time, is missing", c.Time)}
	}
	if label < earliest || label > latest || c.Clock == config.RecordClock && recorded < earliest {
		return &consumer.Fault{Class: "bad_timestamp", Message: fmt.Sprintf(
			"the label's time %v (record %v) lies outside of the years 1 to 9999: it is no time", label, recorded)}
	}
	return nil
}

// LabelStamp is what moves the clock of a partition of labels.
func LabelStamp(c *config.Labels, label, recorded schemas.Instant) schemas.Instant {
	if c.Clock == config.LabelTimeClock {
		return label
	}
	return recorded
}

// CheckLabelStamp quarantines the stamp of a label that is read first at now.
func CheckLabelStamp(cfg *config.Config, stamp, now schemas.Instant) *consumer.Fault {
	return checkAhead("label", cfg, stamp, now)
}

func checkAhead(what string, cfg *config.Config, stamp, now schemas.Instant) *consumer.Fault {
	section, skew := "events", cfg.MaxSkew()
	if cfg.Scores.Foreign() {
		section = "scores"
	}
	if stamp > now.Add(skew) {
		return &consumer.Fault{Class: "future_timestamp", Message: fmt.Sprintf(
			"the %s's stamp %v is more than %s.max_skew (%v) beyond now", what, stamp, section, skew)}
	}
	return nil
}

// CheckScore says what is wrong with the times of another program's score,
// whenever it is read. Its own is Beginning where it is missing. By record clock
// it is held to the record: it is waited for until its own time has passed, and
// no stamp says how far that is.
func CheckScore(c *config.Scores, event, recorded schemas.Instant) *consumer.Fault {
	switch {
	case event == schemas.Beginning:
		return &consumer.Fault{Class: "no_time", Message: fmt.Sprintf("field %s, the event time, is missing", c.Time)}
	case event < earliest || event > latest || c.Clock == config.RecordClock && recorded < earliest:
		return &consumer.Fault{Class: "bad_timestamp", Message: fmt.Sprintf(
			"event time %v (record %v) lies outside of the years 1 to 9999: it is no time", event, recorded)}
	case c.Clock == config.RecordClock && event > recorded.Add(c.MaxSkew):
		return &consumer.Fault{Class: "future_timestamp", Message: fmt.Sprintf(
			"event time %v is more than scores.max_skew (%v) beyond the record's %v", event, c.MaxSkew, recorded)}
	case !c.Oldest.IsZero() && event < schemas.InstantOf(c.Oldest):
		return &consumer.Fault{Class: "too_old", Message: fmt.Sprintf("event time %v is before scores.oldest (%v)", event, c.Oldest)}
	}
	return nil
}

// ScoreStamp is what moves the clock of a partition of another program's scores.
func ScoreStamp(c *config.Scores, event, recorded schemas.Instant) schemas.Instant {
	if c.Clock == config.RecordClock {
		return recorded
	}
	return event
}

// CheckScoreStamp quarantines the stamp of a score that is read first at now.
func CheckScoreStamp(cfg *config.Config, stamp, now schemas.Instant) *consumer.Fault {
	return checkAhead("score", cfg, stamp, now)
}

// Weight returns what a label's weight adds beyond 1, or what is wrong with it.
func Weight(c *config.Labels, weight float64) (schemas.Extra, *consumer.Fault) {
	extra, err := schemas.ExtraOf(weight)
	switch {
	case weight != weight:
		return 0, &consumer.Fault{Class: "bad_weight", Message: fmt.Sprintf("field %s, the weight, is missing or no number; a label that counts once has the weight 1", c.Weight)}
	case err != nil:
		return 0, &consumer.Fault{Class: "bad_weight", Message: fmt.Sprintf("field %s: %v; weights are relative, so that all of them can be multiplied", c.Weight, err)}
	}
	return extra, nil
}

// Class maps a label's text to the class that it means, in canonical text.
func Class(c *config.Labels, text string) string {
	if class, ok := c.Map[text]; ok {
		return schemas.Canonical(class)
	}
	return schemas.Canonical(text)
}
