package drift

import (
	"cmp"
	"math"
	"slices"

	"hindsight/schemas"
)

// frame is one span, with the window of every version and segment that has data in it.
type frame struct {
	start, end schemas.Instant
	ends       schemas.Instant // the instant at which it has ended
	final      schemas.Instant // the instant at which nothing can change it any more
	gone       schemas.Instant // the instant at which its successor is final, so that no rule looks back to it
	floor      int64           // smallest offset of a slice that touched it
	windows    []*window
}

func (f *frame) endsAt() schemas.Instant  { return f.ends }
func (f *frame) finalAt() schemas.Instant { return f.final }
func (f *frame) goneAt() schemas.Instant  { return f.gone }

// frameAt returns the frame that starts at start, which is made if need be.
func (c *calendar) frameAt(start schemas.Instant) *frame {
	i, found := slices.BinarySearchFunc(c.frames, start, func(f *frame, start schemas.Instant) int {
		return cmp.Compare(f.start, start)
	})
	if !found {
		f := &frame{
			start: start,
			end:   start.Add(c.spec.Size),
			ends:  start.Add(c.spec.Size).Ceil(c.tick),
			final: c.final(start),
			gone:  c.final(start.Add(c.spec.slide())),
			floor: math.MaxInt64,
		}
		c.frames = slices.Insert(c.frames, i, f)
	}
	return c.frames[i]
}

// final is the instant at which the span that starts at start cannot change any more.
func (c *calendar) final(start schemas.Instant) schemas.Instant {
	return start.Add(c.spec.Size).Add(c.settle).Ceil(c.tick)
}

// after finds the first frame whose instant, which grows with its start, comes after now.
func (c *calendar) after(now schemas.Instant, instant func(*frame) schemas.Instant) int {
	i, _ := slices.BinarySearchFunc(c.frames, now, func(f *frame, now schemas.Instant) int {
		if instant(f) <= now {
			return -1
		}
		return 1
	})
	return i
}

// any reports whether the instant of some frame is now.
func (c *calendar) any(now schemas.Instant, instant func(*frame) schemas.Instant) bool {
	i := c.after(now-1, instant)
	return i < len(c.frames) && instant(c.frames[i]) == now
}

// each visits the windows of the frames whose instant is now.
func (c *calendar) each(now schemas.Instant, instant func(*frame) schemas.Instant, visit func(*window)) {
	for i := c.after(now-1, instant); i < len(c.frames) && instant(c.frames[i]) == now; i++ {
		for _, w := range c.frames[i].windows {
			visit(w)
		}
	}
}
