package publish

import (
	"context"
	"iter"
	"time"
)

// Clock is the time that publishing is paced by.
type Clock interface {
	Now() time.Time
	// Sleep returns after d, or sooner with the error of ctx.
	Sleep(ctx context.Context, d time.Duration) error
}

// WallClock is the clock of the machine.
type WallClock struct{}

// Now returns the time.
func (WallClock) Now() time.Time { return time.Now() }

// Sleep returns after d, or sooner with the error of ctx.
func (WallClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// grain is the shortest sleep: what is due within it is published at once.
const grain = time.Millisecond

// AtRate lets perSecond items pass a second, counted from the first; a rate of
// 0 or less lets all pass.
func AtRate(ctx context.Context, clock Clock, perSecond float64, items iter.Seq2[Item, error]) iter.Seq2[Item, error] {
	if perSecond <= 0 {
		return items
	}
	n := 0
	return Paced(ctx, clock, items, func(Item) time.Duration {
		due := time.Duration(float64(n) / perSecond * float64(time.Second))
		n++
		return due
	})
}

// AtSpeed lets the time of the items run `speed` seconds a second, counted
// from the first; a speed of 0 or less lets all pass.
func AtSpeed(ctx context.Context, clock Clock, speed float64, items iter.Seq2[Item, error]) iter.Seq2[Item, error] {
	if speed <= 0 {
		return items
	}
	var first *Item
	return Paced(ctx, clock, items, func(item Item) time.Duration {
		if first == nil {
			first = &item
		}
		return time.Duration(float64(item.At.Sub(first.At)) / speed)
	})
}

// Paced holds every item back until due says, counted from the first item.
func Paced(ctx context.Context, clock Clock, items iter.Seq2[Item, error], due func(Item) time.Duration) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		var start time.Time
		for item, err := range items {
			if err == nil {
				if start.IsZero() {
					start = clock.Now()
				}
				if wait := due(item) - clock.Now().Sub(start); wait > grain {
					err = clock.Sleep(ctx, wait)
				}
			}
			if !yield(item, err) || err != nil {
				return
			}
		}
	}
}
