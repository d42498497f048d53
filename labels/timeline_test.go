package labels

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hindsight/schemas"
)

// The timeline agrees with a list of all ticks, wherever settings begin.
func TestTimeline(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var line timeline
		from := schemas.Beginning
		for n := range 1 + r.IntN(4) {
			s := Settings{From: from, Tick: time.Duration(1+r.IntN(9)) * time.Microsecond}
			line.add(chapter{Settings: s, Offset: int64(n), Needed: schemas.Beginning})
			from = max(from, 0) + schemas.Instant(r.IntN(20))
		}
		var ticks []schemas.Instant
		for i := schemas.Instant(-100); i < 200; i++ {
			if c := line.at(i); c != nil && i%schemas.Instant(c.Tick/time.Microsecond) == 0 {
				ticks = append(ticks, i)
			}
		}
		for i := schemas.Instant(-50); i < 150; i++ {
			n, found := slices.BinarySearch(ticks, i)
			if got := line.from(i); got != ticks[n] {
				t.Fatalf("%+v: first tick from %d is %d, want %d", line, i, got, ticks[n])
			}
			last := ticks[max(n-1, 0)]
			if found {
				n, last = n+1, ticks[n]
			}
			if got := line.after(i); got != ticks[n] {
				t.Fatalf("%+v: first tick after %d is %d, want %d", line, i, got, ticks[n])
			}
			if got := line.last(i); got != last {
				t.Fatalf("%+v: last tick until %d is %d, want %d", line, i, got, last)
			}
		}
	}
}

func TestNoSettingsNoTicks(t *testing.T) {
	var line timeline
	if line.after(0) != schemas.Forever || line.from(0) != schemas.Forever || line.last(0) != schemas.Beginning || line.at(0) != nil {
		t.Error("ticks without settings")
	}
}

func TestSettingsValidate(t *testing.T) {
	good := Settings{Tick: time.Minute, Conflict: Latest}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	bad := Settings{Tick: time.Nanosecond, Horizon: -1, Grace: -1, Early: -1, Conflict: "loudest"}
	err := bad.Validate()
	if joined, ok := err.(interface{ Unwrap() []error }); !ok || len(joined.Unwrap()) != 5 {
		t.Errorf("not every fault is told: %v", err)
	}
}
