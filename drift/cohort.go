package drift

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
	"unique"

	"hindsight/schemas"
)

// cohorts is how long truths took, by when their events were. The curves of
// label latency are read off it. It holds the events of the last two waits, so
// that whatever has come to its end within one wait is in it.
type cohorts struct {
	wait  time.Duration   // horizon + grace: no truth comes later
	width time.Duration   // of a cohort
	top   uint16          // the bin of wait, where delays end
	edges []time.Duration // of the bins, which end at the wait
	all   []*cohort       // by start

	curves map[curveKey]*curve // as of the instant read
	read   schemas.Instant
}

// curveKey names what a curve is learnt from: a segment of the cohorts that end
// at or before an instant.
type curveKey struct {
	segment string
	before  schemas.Instant
}

// cohort is the events of one span, in all versions: how long a label takes is
// not the model's doing.
type cohort struct {
	start    schemas.Instant
	floor    int64 // smallest offset of a slice that touched it
	segments map[string]*tally
}

// tally is one segment of a cohort.
type tally struct {
	scored  int64
	classes []classDelays // by truth: the first mostClasses of all that came
	others  classDelays   // what is of no class, and of no class that is kept
}

// mostClasses is how many classes of a segment are learnt: the first in the
// order of their texts. Truths may be free text.
const mostClasses = 64

// classDelays counts the truths of one class by schemas.DelayBin.
type classDelays struct {
	truth string
	bins  []int64
}

// mostCohorts bounds what two waits are divided into.
const mostCohorts = 64

// newCohorts is nil where no window is on the event clock, or nothing is waited for.
func newCohorts(config *Config) *cohorts {
	wait := config.Horizon + config.Grace
	slice, _ := Width(config.Windows, schemas.EventClock, 0) // no width is narrower than 0
	if slice == 0 || wait <= 0 {
		return nil
	}
	c := &cohorts{wait: wait, width: cohortWidth(slice, wait), top: schemas.DelayBin(wait), curves: map[curveKey]*curve{}}
	for b := range c.top + 1 {
		c.edges = append(c.edges, schemas.DelayEdge(b))
	}
	c.edges = append(c.edges, wait)
	return c
}

func cohortWidth(slice, wait time.Duration) time.Duration {
	return slice * max(1, (2*wait+mostCohorts*slice-1)/(mostCohorts*slice))
}

// gone reports whether the cohort that starts at start says nothing any more.
func (c *cohorts) gone(start, now schemas.Instant) bool {
	return start.Add(c.width).Add(2*c.wait) <= now
}

// add takes a cell in that became known at the instant now.
func (c *cohorts) add(cell *schemas.Cell, now schemas.Instant, offset int64) {
	if c == nil || cell.Clock != schemas.EventClock || cell.Scored == 0 && len(cell.Delays) == 0 {
		return
	}
	start, last := cell.Start.Floor(c.width), cell.Start.Add(cell.Width-time.Microsecond)
	if cell.Width <= 0 || cell.Start == schemas.Beginning || last.Floor(c.width) != start || c.gone(start, now) {
		return
	}
	i, found := slices.BinarySearchFunc(c.all, start, func(h *cohort, start schemas.Instant) int { return cmp.Compare(h.start, start) })
	if !found {
		c.all = slices.Insert(c.all, i, &cohort{start: start, floor: math.MaxInt64, segments: map[string]*tally{}})
	}
	h := c.all[i]
	h.floor = min(h.floor, offset)
	t := h.segments[cell.Segment]
	if t == nil {
		t = &tally{}
		h.segments[strings.Clone(cell.Segment)] = t
	}
	t.scored += cell.Scored
	for _, d := range cell.Delays {
		t.class(d.Truth).add(int(min(d.Bin, c.top)), d.N)
	}
	clear(c.curves)
}

// class is where the truths of a class are counted. What has to give way never
// comes back, so that the order in which they came leaves no trace.
func (t *tally) class(truth string) *classDelays {
	i, found := slices.BinarySearchFunc(t.classes, truth, func(d classDelays, truth string) int { return strings.Compare(d.truth, truth) })
	switch {
	case found:
		return &t.classes[i]
	case truth == "" || i == mostClasses:
		return &t.others
	case len(t.classes) == mostClasses:
		for bin, n := range t.classes[mostClasses-1].bins {
			t.others.add(bin, n)
		}
		t.classes = slices.Delete(t.classes, mostClasses-1, mostClasses)
	}
	t.classes = slices.Insert(t.classes, i, classDelays{truth: unique.Make(truth).Value()})
	return &t.classes[i]
}

func (d *classDelays) add(bin int, n int64) {
	if bin >= len(d.bins) {
		d.bins = append(d.bins, make([]int64, bin+1-len(d.bins))...)
	}
	d.bins[bin] += n
}

// over are the bins that have been observed.
func (d *classDelays) over(observed int) []int64 { return d.bins[:min(observed, len(d.bins))] }

// drop lets go of the cohorts that say nothing any more.
func (c *cohorts) drop(now schemas.Instant) {
	if c == nil {
		return
	}
	n := 0
	for n < len(c.all) && c.gone(c.all[n].start, now) {
		n++
	}
	c.all = slices.Delete(c.all, 0, n)
}

// floor is the smallest offset of a slice that is needed to fold them again,
// math.MaxInt64 if none is.
func (c *cohorts) floor() int64 {
	floor := int64(math.MaxInt64)
	if c != nil {
		for _, h := range c.all {
			floor = min(floor, h.floor)
		}
	}
	return floor
}

// of returns the curves of a segment as of now. Where a segment has too few
// labels for one of its own, it takes that of the whole.
func (c *cohorts) of(segment string, now schemas.Instant) *curve {
	k := c.learnt(curveKey{segment, schemas.Forever}, now)
	if segment != "" && !k.learnt() {
		return c.of("", now)
	}
	return k
}

// usual returns the curves of a segment, and of none else, as the cohorts before
// an instant show them now.
func (c *cohorts) usual(segment string, before, now schemas.Instant) *curve {
	return c.learnt(curveKey{segment, before.Floor(c.width)}, now)
}

func (c *cohorts) learnt(from curveKey, now schemas.Instant) *curve {
	if now != c.read {
		c.read = now
		clear(c.curves)
	}
	k := c.curves[from]
	if k == nil {
		k = c.learn(from, now)
		c.curves[from] = k
	}
	return k
}

// learn adds the cohorts of a segment up, each as far as it has been observed.
func (c *cohorts) learn(from curveKey, now schemas.Instant) *curve {
	bins := int(c.top) + 1
	whole, risked := newSeen("", bins), make([]int64, bins)
	var classes []*seen
	for _, h := range c.all {
		t := h.segments[from.segment]
		if t == nil || c.gone(h.start, now) || h.start >= from.before {
			continue
		}
		observed := c.observed(now.Sub(h.start.Add(c.width)))
		at := make([]int64, observed)
		copy(at, t.others.over(observed))
		for i := range t.classes {
			d := &t.classes[i]
			for b, n := range d.over(observed) {
				at[b] += n
			}
			j, found := slices.BinarySearchFunc(classes, d.truth, func(s *seen, truth string) int { return strings.Compare(s.truth, truth) })
			if j == mostClasses {
				continue
			}
			if !found {
				classes = slices.Insert(classes, j, newSeen(d.truth, bins))
				classes = classes[:min(len(classes), mostClasses)]
			}
			classes[j].add(d.over(observed), observed)
		}
		whole.add(at, observed)
		left := t.scored
		for b, n := range at {
			risked[b] += left
			left -= n
		}
	}
	at, ever := kaplanMeier(whole.came, risked)
	k := &curve{labels: whole.by[bins-1], ever: ever, all: newShares(c.edges, at)}
	for _, s := range classes {
		k.classes = append(k.classes, classCurve{s.truth, s.by[bins-1], newShares(c.edges, reversed(s.came, s.by))})
	}
	return k
}

// observed is how many bins are over for events that are at least age old.
func (c *cohorts) observed(age time.Duration) int {
	switch {
	case age >= c.wait:
		return int(c.top) + 1
	case age <= 0:
		return 0
	}
	return int(schemas.DelayBin(age))
}
