package drift

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"hindsight/schemas"
)

// calendar keeps the live spans of one configured window. When a span ends,
// settles and goes is arithmetic on its start: data has no say in it.
type calendar struct {
	spec      WindowSpec
	tick      time.Duration
	settle    time.Duration // horizon + grace
	cadence   time.Duration // between provisional publications
	histogram bool          // whether any figure needs one

	frames []*frame // by start
	tracks map[trackKey]*track
	rules  []*rule
	dirty  []*window // changed since they were published
	awake  []*track  // to be judged at this instant
	lost   Lost
}

// frame is one span, with the window of every version and segment that has data in it.
type frame struct {
	start, end schemas.Instant
	ends       schemas.Instant // the instant at which it has ended
	final      schemas.Instant // the instant at which nothing can change it any more
	gone       schemas.Instant // the instant at which its successor is final, so that no rule looks back to it
	floor      int64           // smallest offset of a slice that touched it
	windows    []*window
}

// Lost counts the cells of one configured window that are in none of its spans.
type Lost struct {
	Window string
	Late   int64 // cells that came after a span was final
	Scores int64 // the scores among those, of the whole
	Misfit int64 // cells of slices that straddle a boundary: the windows were changed since
}

func (f *frame) endsAt() schemas.Instant  { return f.ends }
func (f *frame) finalAt() schemas.Instant { return f.final }
func (f *frame) goneAt() schemas.Instant  { return f.gone }

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

func (c *calendar) final(start schemas.Instant) schemas.Instant {
	return start.Add(c.spec.Size).Add(c.settle).Ceil(c.tick)
}

// add puts a cell that became known at the instant now into each span that
// covers it and is not final yet.
func (c *calendar) add(cell *schemas.Cell, now schemas.Instant, offset int64) {
	grain, last := c.spec.grain(), cell.Start.Add(cell.Width-time.Microsecond)
	if cell.Width <= 0 || cell.Start == schemas.Beginning || cell.Start.Floor(grain) != last.Floor(grain) {
		c.lost.Misfit++
		return
	}
	sums := cell.Sums
	if !c.histogram {
		sums.Histogram = nil
	}
	var t *track
	for start := cell.Start.Floor(c.spec.slide()); start.Add(c.spec.Size) > last; start = start.Add(-c.spec.slide()) {
		if c.final(start) < now {
			// Those that began earlier are final too.
			c.lost.Late++
			if cell.Segment == "" {
				c.lost.Scores += max(0, cell.Scored)
			}
			return
		}
		if t == nil {
			t = c.trackOf(cell.Version, cell.Segment)
		}
		w := t.window(start)
		w.sums.Add(&sums)
		w.changes++
		w.frame.floor = min(w.frame.floor, offset)
		if !w.dirty {
			w.dirty = true
			c.dirty = append(c.dirty, w)
		}
		if w.frame.ends <= now {
			c.wake(t)
		}
	}
}

// trackOf returns the track of a version and segment, which is made if need be.
func (c *calendar) trackOf(version, segment string) *track {
	t := c.tracks[trackKey{version, segment}]
	if t != nil {
		return t
	}
	t = &track{calendar: c, trackKey: trackKey{strings.Clone(version), strings.Clone(segment)}}
	for _, r := range c.rules {
		if r.Covers(t.segment) {
			t.guards = append(t.guards, &guard{
				rule: r, track: t, due: schemas.Forever,
				memory: r.Begin(t.version, t.segment),
			})
		}
	}
	c.tracks[t.trackKey] = t
	return t
}

// wake has a track judged at this instant.
func (c *calendar) wake(t *track) {
	if !t.awake && len(t.guards) > 0 {
		t.awake = true
		c.awake = append(c.awake, t)
	}
}

// next is the first instant after now at which something may change without a new slice.
func (c *calendar) next(now schemas.Instant) schemas.Instant {
	next := schemas.Forever
	if len(c.dirty) > 0 {
		next = now.After(c.cadence).Ceil(c.tick)
	}
	if i := c.after(now, (*frame).endsAt); i < len(c.frames) {
		next = min(next, c.frames[i].ends)
	}
	if i := c.after(now, (*frame).finalAt); i < len(c.frames) {
		next = min(next, c.frames[i].final)
	}
	for _, t := range c.tracks {
		next = min(next, t.due())
	}
	return next
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

// collect returns the windows to publish at the instant now, in order of
// start, version and segment: what became final, what ended and had changed,
// and at the cadence everything that changed.
func (c *calendar) collect(now schemas.Instant) []*window {
	cadence := now.Floor(c.cadence) > now.Add(-c.tick)
	if !cadence && !c.any(now, (*frame).endsAt) && !c.any(now, (*frame).finalAt) {
		return nil
	}
	var due []*window
	c.each(now, (*frame).finalAt, func(w *window) { due = append(due, w) })
	c.dirty = slices.DeleteFunc(c.dirty, func(w *window) bool {
		final := w.frame.final == now
		if !cadence && !final && w.frame.ends != now {
			return false
		}
		if !final {
			due = append(due, w)
		}
		w.dirty = false
		return true
	})
	due = slices.DeleteFunc(due, func(w *window) bool { return w.sums.Scored <= 0 })
	slices.SortFunc(due, func(a, b *window) int {
		return cmp.Or(cmp.Compare(a.frame.start, b.frame.start), a.track.compare(b.track.trackKey))
	})
	return due
}

// rouse wakes the tracks that are to be judged at now because a window has
// ended or because of the time.
func (c *calendar) rouse(now schemas.Instant) {
	c.each(now, (*frame).endsAt, func(w *window) { c.wake(w.track) })
	for _, t := range c.tracks {
		if t.due() <= now {
			c.wake(t)
		}
	}
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

// drop lets go of the frames that no rule looks back to any more.
func (c *calendar) drop(now schemas.Instant) {
	n := c.after(now, (*frame).goneAt)
	for _, f := range c.frames[:n] {
		for _, w := range f.windows {
			w.track.windows = slices.Delete(w.track.windows, 0, 1) // its oldest, as f is ours
		}
	}
	c.frames = slices.Delete(c.frames, 0, n)
}

// forget lets go of the tracks that hold nothing.
func (c *calendar) forget() {
	for key, t := range c.tracks {
		if t.idle() {
			delete(c.tracks, key)
		}
	}
}
