package app

import (
	"fmt"
	"time"

	"hindsight/schemas"
)

// stall notices that stream time stands still.
type stall struct {
	after time.Duration // of wall time without a tick that closed
	time  schemas.Instant
	since time.Time
}

// observe returns which source holds time, once it has stood for too long.
func (s *stall) observe(now time.Time, closed schemas.Instant, sources []ledgerSource) string {
	if s.since.IsZero() || closed != s.time {
		s.time, s.since = closed, now
		return ""
	}
	if now.Sub(s.since) < s.after || len(sources) == 0 {
		return ""
	}
	slowest := sources[0]
	for _, src := range sources {
		if src.clock < slowest.clock {
			slowest = src
		}
	}
	return fmt.Sprintf("%s/%d", slowest.id.topic, slowest.id.partition)
}
