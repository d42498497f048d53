package rules

import (
	"testing"
	"time"

	"hindsight/app/config"
	"hindsight/schemas"
)

// Whose event time does not move the clock must not lie far beyond what does:
// such a score would be waited for, and its window kept open, until then.
func TestScoresAheadOfTheirRecordAreFaults(t *testing.T) {
	now := schemas.InstantOf(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	for _, c := range []struct {
		clock string
		event schemas.Instant
		want  string
	}{
		{config.RecordClock, now.Add(10 * time.Minute), ""},
		{config.RecordClock, now.Add(10*time.Minute + time.Microsecond), "future_timestamp"},
		{config.RecordClock, schemas.InstantOf(time.Date(2062, 1, 1, 0, 0, 0, 0, time.UTC)), "future_timestamp"},
		{config.RecordClock, now.Add(-1000 * time.Hour), ""},
		{config.EventTimeClock, now.Add(time.Hour), ""}, // its stamp is held to the wall clock
	} {
		got := ""
		if f := CheckScore(&config.Scores{Clock: c.clock, MaxSkew: 10 * time.Minute}, c.event, now); f != nil {
			got = f.Class
		}
		if got != c.want {
			t.Errorf("clock %s, %v: fault %q, want %q", c.clock, c.event.Sub(now), got, c.want)
		}
	}
}
