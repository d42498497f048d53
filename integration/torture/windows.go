package main

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// spec is a window of the configuration of every round.
type spec struct {
	name, clock string
	size, slide int64
}

// The windows are so wide and the ticks so coarse that every change of a
// window is published at its tick: provisional figures come with each.
var specs = []spec{
	{"hop", "label", 2 * hour, hour / 2},
	{"quarter", "event", 6 * hour, 6 * hour},
}

// width is how wide the slices of a clock are: a divisor of its windows' sizes and slides.
var width = map[string]int64{"label": hour / 2, "event": 6 * hour}

// span is one window of one segment.
type windowKey struct {
	name    string
	start   int64
	segment string
}

// snapshot is a window from a tick on.
type snapshot struct {
	tick int64
	sums sums
}

// windows are all windows of a round, each with its whole history.
type windows struct {
	rules
	all map[windowKey][]snapshot
}

// final is from when on a window does not change any more.
func (w *windows) final(s spec, start int64) int64 {
	return ceil(start+s.size+w.horizon+w.grace, w.tick)
}

// newWindows adds the deltas of slices up.
func newWindows(r rules, all map[delta]*sums) *windows {
	w := &windows{rules: r, all: map[windowKey][]snapshot{}}
	keys := slices.SortedFunc(maps.Keys(all), func(a, b delta) int { return cmp.Or(cmp.Compare(a.tick, b.tick), a.compare(b)) })
	for _, d := range keys {
		for _, s := range specs {
			if s.clock == d.cell.clock {
				w.add(s, d, *all[d])
			}
		}
	}
	return w
}

func (w *windows) add(s spec, d delta, by sums) {
	newest := floor(d.cell.start, s.slide)
	for start := ceil(d.cell.start+width[s.clock]-s.size, s.slide); start <= newest; start += s.slide {
		if w.final(s, start) < d.tick {
			continue // it came too late for this one
		}
		key := windowKey{s.name, start, d.cell.segment}
		history := w.all[key]
		var last snapshot
		if len(history) > 0 {
			last = history[len(history)-1]
		}
		if last.tick != d.tick {
			last = snapshot{d.tick, sums{last.sums.scored, last.sums.unlabelled, last.sums.assumed, maps.Clone(last.sums.pairs)}}
			history = append(history, last)
		}
		at := &history[len(history)-1]
		at.sums.add(by)
		w.all[key] = history
	}
}

// at returns a window as of a tick; known is false where it holds nothing yet.
func (w *windows) at(key windowKey, tick int64) (s sums, known bool) {
	history := w.all[key]
	i, found := slices.BinarySearchFunc(history, tick, func(s snapshot, tick int64) int { return cmp.Compare(s.tick, tick) })
	if !found {
		i--
	}
	if i < 0 {
		return sums{}, false
	}
	return history[i].sums, true
}

// reading is what a rule sees of a window.
type reading struct {
	start, end       int64
	value, low, high float64
	n                int64
	coverage         float64
}

func read(s spec, start int64, of sums, confidence float64) reading {
	r := reading{start: start, end: start + s.size, n: of.labelled()}
	if of.scored > 0 {
		r.coverage = float64(r.n) / float64(of.scored)
	}
	if r.n > 0 {
		right := float64(of.right())
		r.value = right / float64(r.n)
		r.low, r.high = wilson(right, float64(r.n), confidence)
	}
	return r
}

// wilson is the two-sided score interval of k successes among n.
func wilson(k, n, confidence float64) (low, high float64) {
	z := math.Sqrt2 * math.Erfinv(confidence)
	p, z2 := k/n, z*z
	middle := (p + z2/(2*n)) / (1 + z2/n)
	half := z / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return max(0, middle-half), min(1, middle+half)
}
