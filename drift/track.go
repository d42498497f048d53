package drift

import (
	"cmp"
	"slices"

	"hindsight/drift/alarm"
	"hindsight/drift/metric"
	"hindsight/schemas"
)

type trackKey struct{ version, segment string }

func (k trackKey) compare(other trackKey) int {
	return cmp.Or(cmp.Compare(k.version, other.version), cmp.Compare(k.segment, other.segment))
}

// track is one version and segment of one configured window.
//
// A cell lies in as many windows as its size has slides, so its sums are kept
// once, in panes that no boundary of a window crosses. A window knows only how
// much was scored and labelled in it; its sums are added up from the panes when
// it is published, and kept up to date where a rule reads it at every instant.
type track struct {
	trackKey
	calendar *calendar
	panes    []*pane   // by start
	windows  []*window // by start
	hot      []*window // whose sums are kept for the rules
	guards   []*guard  // one per rule that covers the segment
	awake    bool
}

// pane is a span as wide as the grain of the windows.
type pane struct {
	start schemas.Instant
	sums  metric.Sums
}

// window is one span of one track.
type window struct {
	frame            *frame
	track            *track
	scored, labelled int64
	told             int64        // labels
	changes          int64        // how often the sums were touched
	sums             *metric.Sums // nil: to be added up from the panes
	frozen           bool         // final: the sums stay while the panes go on for younger windows
	read             bool         // by a rule at this instant
	dirty            bool
	revision         int32 // of the last publication
}

func (w *window) coverage() float64 { return metric.Coverage(w.labelled, w.scored) }

func (w *window) counts() alarm.Counts {
	return alarm.Counts{Scored: w.scored, Labelled: w.labelled, Told: w.told, Coverage: w.coverage()}
}

// pane returns the pane that starts at start, which is made if need be.
func (t *track) pane(start schemas.Instant) *pane {
	i := t.paneAt(start)
	if i == len(t.panes) || t.panes[i].start != start {
		t.panes = slices.Insert(t.panes, i, &pane{start: start})
	}
	return t.panes[i]
}

// paneAt is the place of the first pane that starts at start or later.
func (t *track) paneAt(start schemas.Instant) int {
	i, _ := slices.BinarySearchFunc(t.panes, start, func(p *pane, start schemas.Instant) int {
		return cmp.Compare(p.start, start)
	})
	return i
}

// place is the index of the last window that starts at start or earlier, -1 for none.
func (t *track) place(start schemas.Instant) int {
	i, found := slices.BinarySearchFunc(t.windows, start, func(w *window, start schemas.Instant) int {
		return cmp.Compare(w.frame.start, start)
	})
	if !found {
		i--
	}
	return i
}

// open puts a new window at index i.
func (t *track) open(i int, start schemas.Instant) {
	w := &window{frame: t.calendar.frameAt(start), track: t}
	w.frame.windows = append(w.frame.windows, w)
	t.windows = slices.Insert(t.windows, i, w)
}

// heat returns the sums of w for a rule, and keeps them up to date from now on.
func (t *track) heat(w *window) *metric.Sums {
	if w.sums == nil {
		w.sums = new(metric.Sums)
		for i := t.paneAt(w.frame.start); i < len(t.panes) && t.panes[i].start < w.frame.end; i++ {
			w.sums.Merge(&t.panes[i].sums)
		}
		t.hot = append(t.hot, w)
	}
	w.read = true
	return w.sums
}

// freeze fixes the sums of a window that has become final, if a rule may read them yet.
func (t *track) freeze(w *window, sums *metric.Sums) {
	w.frozen = true
	if w.sums == nil && len(t.guards) > 0 {
		w.sums = new(metric.Sums)
		w.sums.Merge(sums)
	}
}

// cool lets go of the sums that no rule has read at this instant.
func (t *track) cool() {
	t.hot = slices.DeleteFunc(t.hot, func(w *window) bool {
		read := w.read
		w.read = false
		if !read && !w.frozen {
			w.sums = nil
		}
		return !read
	})
}

// trim lets go of the panes whose windows are all final.
func (t *track) trim(now schemas.Instant) {
	n := 0
	for n < len(t.panes) && t.calendar.final(t.panes[n].start.Floor(t.calendar.spec.slide())) <= now {
		n++
	}
	t.panes = slices.Delete(t.panes, 0, n)
}

// due is the first instant at which a rule changes its mind without a new slice.
func (t *track) due() schemas.Instant {
	due := schemas.Forever
	for _, g := range t.guards {
		due = min(due, g.due)
	}
	return due
}

// idle reports whether forgetting the track loses nothing.
func (t *track) idle() bool {
	return len(t.windows) == 0 && !slices.ContainsFunc(t.guards, func(g *guard) bool {
		return g.memory.State != schemas.Unknown
	})
}
