package app

import "time"

// steadyClock is the wall clock for the guards against stamps of the future.
// A machine's clock that steps back must not make the records of true clocks
// look like ones of the future, so what has passed since the start by the
// monotonic clock counts as passed.
type steadyClock struct {
	wall    func() time.Time
	elapsed func() time.Duration // monotonic, since began
	began   time.Time
}

func newSteadyClock() steadyClock {
	began := time.Now()
	return steadyClock{began: began, wall: time.Now, elapsed: func() time.Duration { return time.Since(began) }}
}

// now returns the later of the wall clock and the time since the start. Both
// carry the same monotonic reading, so durations are not touched by steps.
func (c *steadyClock) now() time.Time {
	now, steady := c.wall(), c.began.Add(c.elapsed())
	if steady.UnixNano() > now.UnixNano() {
		return steady
	}
	return now
}
