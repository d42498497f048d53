package drift

import (
	"cmp"
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
	grain     time.Duration // the width of its panes
	histogram bool          // whether any figure needs one
	cohorts   *cohorts      // how long truths take; nil where none is waited for

	frames []*frame // by start
	tracks map[trackKey]*track
	rules  []*rule
	dirty  []*window // changed since they were published
	awake  []*track  // to be judged at this instant
	lost   Lost
}

// Lost counts the cells of one configured window that are in none of its spans.
type Lost struct {
	Window string
	Late   int64 // cells that came after a span was final
	Scores int64 // the scores among those, of the whole
	Misfit int64 // cells of slices that straddle a boundary: the windows were changed since
}

// add puts a cell that became known at the instant now into its pane, and so
// into each span that covers it and is not final yet.
func (c *calendar) add(cell *schemas.Cell, now schemas.Instant, offset int64) {
	start, oldest, newest, fits := c.spans(cell.Start, cell.Width)
	if !fits {
		c.lost.Misfit++
		return
	}
	if c.final(oldest) < now {
		c.lost.Late++
		if cell.Segment == "" {
			c.lost.Scores += max(0, cell.Scored)
		}
		for oldest <= newest && c.final(oldest) < now {
			oldest = oldest.Add(c.spec.slide())
		}
		if oldest > newest {
			return
		}
	}
	delta := cell.Sums
	if !c.histogram {
		delta.Histogram = nil
	}
	t := c.trackOf(cell.Version, cell.Segment)
	t.pane(start).sums.Add(&delta)
	labelled := int64(0)
	for _, p := range delta.Pairs {
		labelled += p.N
	}
	c.touch(t, oldest, newest, now, offset, func(w *window) {
		w.scored += delta.Scored
		w.labelled += labelled
		if w.sums != nil {
			w.sums.Add(&delta)
		}
	})
}

// tell counts labels that became known at the instant now, on a track of their own.
func (c *calendar) tell(fates []schemas.FateCount, now schemas.Instant, offset int64) {
	for _, f := range fates {
		start, oldest, newest, fits := c.spans(f.Start, f.Width)
		for fits && oldest <= newest && c.final(oldest) < now {
			oldest = oldest.Add(c.spec.slide())
		}
		if !fits || oldest > newest {
			continue
		}
		t := c.trackOf("", "")
		t.pane(start).sums.Tell(f.Fate, f.N)
		c.touch(t, oldest, newest, now, offset, func(w *window) {
			w.told += f.N
			if w.sums != nil {
				w.sums.Tell(f.Fate, f.N)
			}
		})
	}
}

// spans returns the pane of a slice of time, and the starts of the first and the
// last window that cover it; it does not fit where it straddles a boundary.
func (c *calendar) spans(from schemas.Instant, width time.Duration) (pane, oldest, newest schemas.Instant, fits bool) {
	pane = from.Floor(c.grain)
	if width <= 0 || from == schemas.Beginning || from.Add(width-time.Microsecond).Floor(c.grain) != pane {
		return 0, 0, 0, false
	}
	return pane, pane.Add(c.grain - c.spec.Size).Ceil(c.spec.slide()), pane.Floor(c.spec.slide()), true
}

// touch changes the windows of a track that start from oldest to newest.
func (c *calendar) touch(t *track, oldest, newest, now schemas.Instant, offset int64, change func(*window)) {
	for i, at := t.place(newest), newest; at >= oldest; i, at = i-1, at.Add(-c.spec.slide()) {
		if i < 0 || t.windows[i].frame.start != at {
			i++
			t.open(i, at)
		}
		w := t.windows[i]
		change(w)
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
		if r.Covers(t.segment) && (!r.OfLabels() || t.version == "") {
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

// calm ends the judging of the tracks that were woken.
func (c *calendar) calm() {
	for _, t := range c.awake {
		t.awake = false
		t.cool()
	}
	clear(c.awake)
	c.awake = c.awake[:0]
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

// collect returns the windows to publish at the instant now, by version,
// segment and start: what became final, what ended and had changed, and at the
// cadence everything that changed.
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
	slices.SortFunc(due, func(a, b *window) int {
		return cmp.Or(a.track.compare(b.track.trackKey), cmp.Compare(a.frame.start, b.frame.start))
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

// drop lets go of the frames that no rule looks back to any more.
func (c *calendar) drop(now schemas.Instant) {
	n := c.after(now, (*frame).goneAt)
	for _, f := range c.frames[:n] {
		for _, w := range f.windows {
			w.track.windows = slices.Delete(w.track.windows, 0, 1) // its oldest, as f is ours
		}
	}
	if n == 0 {
		return
	}
	c.frames = slices.Delete(c.frames, 0, n)
	for _, t := range c.tracks {
		t.trim(now)
	}
}

// forget lets go of the tracks that hold nothing.
func (c *calendar) forget() {
	for key, t := range c.tracks {
		if t.idle() {
			delete(c.tracks, key)
		}
	}
}
