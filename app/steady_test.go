package app

import (
	"testing"
	"time"

	"hindsight/schemas"
)

// A wall clock that steps by an hour to and fro, is set by NTP, or passes into
// and out of summer time changes neither a score nor a clock, and sets no
// record aside, while stamps of the future stay outside
// (reliability.md row 17; streaming.md scenario 22).
func TestStepsOfTheWallClockChangeNothing(t *testing.T) {
	stage, records := newTestScore(t, 400)
	stage.fields.time = -1 // events are stamped when they are made
	stage.config.Events.MaxSkew = 10 * time.Minute
	began := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC) // Europe leaves summer time at 01:00
	berlin := time.FixedZone("CEST", 2*3600)
	jumps := []time.Duration{0, time.Hour, -time.Hour, 40 * time.Millisecond, -3 * time.Second, 0}
	run := func(now func(passed time.Duration, i int) time.Time) (clock schemas.Instant, scored, dead int) {
		src := &source{committed: newSourceCommit(), worker: newScoreWorker(stage)}
		src.staged = src.committed
		for i, r := range records {
			passed := time.Duration(i) * 20 * time.Second
			if r.Timestamp = began.Add(passed); i%50 == 49 {
				r.Timestamp = began.AddDate(80, 0, 0) // its producer lives in 2106
			}
			src.worker.run(t.Context(), schemas.InstantOf(now(passed, i)), src, records[i:i+1])
			scored, dead = scored+len(src.worker.scores), dead+len(src.worker.dead)
		}
		return src.staged.Clock, scored, dead
	}
	clock, scored, dead := run(func(passed time.Duration, _ int) time.Time { return began.Add(passed) })
	if dead != len(records)/50 || scored != len(records)-dead {
		t.Fatalf("undisturbed: %d scored, %d set aside", scored, dead)
	}
	wall := func(passed time.Duration, i int) time.Time {
		return began.Add(passed + jumps[i/10%len(jumps)]).In(berlin)
	}
	if _, _, lost := run(wall); lost <= dead {
		t.Fatal("the steps are too small to be met")
	}
	gotClock, gotScored, gotDead := run(func(passed time.Duration, i int) time.Time {
		c := steadyClock{began: began, elapsed: func() time.Duration { return passed }, wall: func() time.Time { return wall(passed, i) }}
		return c.now()
	})
	if gotClock != clock || gotScored != scored || gotDead != dead {
		t.Errorf("with steps: clock %v, %d scored, %d set aside; without: %v, %d, %d", gotClock, gotScored, gotDead, clock, scored, dead)
	}
}

// Durations are measured by the monotonic clock, whatever the wall clock does.
func TestSteadyClockKeepsTheMonotonicReading(t *testing.T) {
	c := newSteadyClock()
	before := c.now()
	if d := c.now().Sub(before); d < 0 {
		t.Errorf("time went back by %v", -d)
	}
	c.wall = func() time.Time { return time.Now().Round(0).Add(-time.Hour) }
	if d := c.now().Sub(before); d < 0 || d > time.Hour/2 {
		t.Errorf("a step of the wall clock is taken for %v", d)
	}
}
