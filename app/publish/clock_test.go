package publish

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hindsight/schemas"
)

// fakeClock moves only when somebody sleeps.
type fakeClock struct {
	now    time.Time
	sleeps []time.Duration
}

func (c *fakeClock) Now() time.Time { return c.now }

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	c.sleeps = append(c.sleeps, d)
	return ctx.Err()
}

func stream(ats ...time.Duration) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for _, at := range ats {
			if !yield(Item{At: schemas.Instant(at.Microseconds())}, nil) {
				return
			}
		}
	}
}

func drain(t *testing.T, items iter.Seq2[Item, error]) (n int) {
	t.Helper()
	for _, err := range items {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func TestAtRate(t *testing.T) {
	clock := &fakeClock{now: at("2026-01-01T00:00:00Z")}
	drain(t, AtRate(t.Context(), clock, 4, stream(0, 0, 0, 0, 0)))
	quarter := time.Second / 4
	if diff := cmp.Diff([]time.Duration{quarter, quarter, quarter, quarter}, clock.sleeps); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	clock.sleeps = nil
	if n := drain(t, AtRate(t.Context(), clock, 0, stream(0, 0))); n != 2 || clock.sleeps != nil {
		t.Errorf("without a rate: %d items, slept %v", n, clock.sleeps)
	}
}

// The pace is kept from the first item on, so that being late does not add up.
func TestAtSpeed(t *testing.T) {
	clock := &fakeClock{now: at("2026-01-01T00:00:00Z")}
	const day = 24 * time.Hour
	for item, err := range AtSpeed(t.Context(), clock, float64(day/time.Second), stream(3*day, 4*day, 6*day, 7*day)) {
		if err != nil {
			t.Fatal(err)
		}
		if item.At.Sub(0) == 4*day {
			clock.now = clock.now.Add(1500 * time.Millisecond) // the broker was slow
		}
	}
	want := []time.Duration{time.Second, 500 * time.Millisecond, time.Second}
	if diff := cmp.Diff(want, clock.sleeps); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPacingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	clock := &fakeClock{now: at("2026-01-01T00:00:00Z")}
	var last error
	n := 0
	for _, err := range AtRate(ctx, clock, 1, stream(0, 0, 0)) {
		n, last = n+1, err
	}
	if n != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d items, then %v", n, last)
	}
	if err := (WallClock{}).Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("the wall clock: %v", err)
	}
	if err := (WallClock{}).Sleep(t.Context(), time.Microsecond); err != nil {
		t.Errorf("the wall clock: %v", err)
	}
}
