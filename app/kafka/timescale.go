package kafka

import (
	"errors"
	"fmt"
	"time"

	"hindsight/app/config"
	"hindsight/schemas"
)

// ErrTimeScales is wrapped where events and labels are stamped on two time scales.
var ErrTimeScales = errors.New("events and labels are on two time scales")

// Span is the earliest and the latest of the stamps that move a clock.
type Span struct {
	First, Last schemas.Instant
	N           int
}

// Add widens s to hold a stamp.
func (s *Span) Add(at schemas.Instant) {
	if s.N == 0 || at < s.First {
		s.First = at
	}
	if s.N == 0 || at > s.Last {
		s.Last = at
	}
	s.N++
}

// OneTimeScale refuses stamps of which no label could ever meet an event: all
// labels before the first event less `early`, or all after the last event plus
// horizon and grace. So it looks where upload time or LogAppendTime stands
// beside historic times. The error wraps [ErrTimeScales] and names the cure.
func OneTimeScale(cfg *config.Config, events, labels Span) error {
	if events.N == 0 || labels.N == 0 {
		return nil
	}
	wait := cfg.Labels.Longest() + cfg.Labels.Grace
	switch {
	case labels.First > events.Last.Add(wait):
		return fmt.Errorf("%w: labels begin at %v, %s after the last event (%v), and every one is too late; %s",
			ErrTimeScales, labels.First, days(labels.First.Sub(events.Last)), events.Last,
			cure("labels", cfg.Labels.Clock == config.RecordClock, config.LabelTimeClock, cfg.Labels.Time))
	case labels.Last < events.First.Add(-cfg.Labels.Early):
		return fmt.Errorf("%w: labels end at %v, %s before the first event (%v), and every one is an orphan; %s",
			ErrTimeScales, labels.Last, days(events.First.Sub(labels.Last)), events.First,
			cureOfSource(cfg))
	}
	return nil
}

func cureOfSource(cfg *config.Config) string {
	section, clock, field := "events", cfg.Events.Clock, cfg.Events.Time
	if cfg.Scores.Foreign() {
		section, clock, field = "scores", cfg.Scores.Clock, cfg.Scores.Time
	}
	return cure(section, clock == config.RecordClock || field == "", config.EventTimeClock, field)
}

// cure says how the stamps of a topic come onto the time of its data.
func cure(section string, byRecord bool, clock, field string) string {
	switch {
	case byRecord && field != "":
		return fmt.Sprintf("set %s.clock: %s, or publish the records with their own times (hindsight publish does) onto a topic with message.timestamp.type=CreateTime", section, clock)
	case byRecord:
		return fmt.Sprintf("name the field of their own time in %s.time and set %s.clock: %s, or publish the records with their own times onto a topic with message.timestamp.type=CreateTime", section, section, clock)
	}
	return fmt.Sprintf("look at the field %s in %s: is it in the unit that its type says?", field, section)
}

func days(d time.Duration) string { return config.FormatDuration(d.Round(time.Second)) }
