package main

import (
	"cmp"
	"math"
	"slices"
)

// Instants are microseconds since the epoch.
const (
	beginning = math.MinInt64
	forever   = math.MaxInt64
)

func floor(i, width int64) int64 {
	r := i % width
	if r < 0 {
		r += width
	}
	return i - r
}

func ceil(i, width int64) int64 { return floor(i+width-1, width) }

// after is the first tick strictly after an arrival.
func after(i, tick int64) int64 { return floor(i, tick) + tick }

// position is where a record stands in the topic of its user.
type position struct {
	partition int32
	offset    int64
}

// scored is an event that must have a score, and when it arrived.
type scored struct {
	*event
	position
	arrival int64
}

func (s *scored) at() int64 { return s.time * 1000 }

// told is a label that can be read, and when it arrived.
type told struct {
	*label
	position
	arrival int64
}

// outcome is what a record of outcomes must say, as far as it follows from the input.
type outcome struct {
	id, kind, fate  string
	revision        int32
	tick            int64
	event, label    position // partition -1: none
	truth, previous string
	arrival         int64
}

var none = position{partition: -1}

// fold is the join by brute force: one event id at a time, over sets of
// records, with nothing stored, timed, batched or condensed.
type fold struct {
	rules
	end      int64 // last tick that closes
	outcomes []outcome
	changes  []change
	fates    []fated
	pending  int64
	waiting  int64
}

// life is a score that stands.
type life struct {
	*scored
	tick     int64
	kind     string
	revision int32
	truth    string
	booked   int64 // where it counts on the label clock
	labels   []told
}

func arrivalOrder(aAt, bAt int64, a, b position) int {
	return cmp.Or(cmp.Compare(aAt, bAt), cmp.Compare(a.partition, b.partition), cmp.Compare(a.offset, b.offset))
}

// id decides everything about one event id.
func (f *fold) id(scores []scored, labels []told) {
	slices.SortFunc(scores, func(a, b scored) int { return arrivalOrder(a.arrival, b.arrival, a.position, b.position) })
	slices.SortFunc(labels, func(a, b told) int { return arrivalOrder(a.arrival, b.arrival, a.position, b.position) })
	var now *life
	var waiting []told
	grave := int64(beginning) // until when labels are too late
	for {
		tick := int64(forever)
		if len(scores) > 0 {
			tick = min(tick, after(scores[0].arrival, f.tick))
		}
		if len(labels) > 0 {
			tick = min(tick, after(labels[0].arrival, f.tick))
		}
		if len(waiting) > 0 {
			tick = min(tick, ceil(waiting[0].arrival+f.early, f.tick))
		}
		if grave != beginning {
			tick = min(tick, ceil(grave, f.tick))
		}
		if now != nil {
			tick = min(tick, ceil(f.due(now), f.tick))
		}
		if tick > f.end {
			break
		}
		for len(scores) > 0 && after(scores[0].arrival, f.tick) == tick {
			s := scores[0]
			scores = scores[1:]
			if now != nil {
				f.emit(outcome{id: s.id, kind: "duplicate", fate: "none", revision: 1, tick: tick, event: s.position, label: none, arrival: s.arrival})
				continue
			}
			now, grave = &life{scored: &s, tick: tick, kind: "none"}, beginning
			f.count(now, tick, "event", sums{scored: 1})
			for _, l := range waiting {
				f.tell(l, "none", tick, -1)
				f.join(now, l, tick)
			}
			waiting = nil
		}
		for len(labels) > 0 && after(labels[0].arrival, f.tick) == tick {
			l := labels[0]
			labels = labels[1:]
			switch {
			case now != nil:
				f.join(now, l, tick)
			case grave != beginning:
				f.fate(l, "too_late", tick)
			default:
				waiting = append(waiting, l)
				f.tell(l, "none", tick, 1)
			}
		}
		if now != nil && f.due(now) <= tick {
			if now.kind == "none" {
				f.giveUp(now, tick)
			}
			if end := f.last(now); end <= tick {
				if now, grave = nil, end+f.early; grave <= tick {
					grave = beginning
				}
			}
		} else if grave != beginning && grave <= tick {
			grave = beginning
		}
		for len(waiting) > 0 && waiting[0].arrival+f.early <= tick {
			f.tell(waiting[0], "none", tick, -1)
			f.fate(waiting[0], "orphan", tick)
			waiting = waiting[1:]
		}
	}
	f.waiting += int64(len(waiting))
	if now != nil && now.kind == "none" {
		f.pending++
	}
}

// last is until when labels count for a score.
func (f *fold) last(l *life) int64 { return max(l.at()+f.horizon+f.grace, l.tick) }

// due is when something becomes of a score without a label's doing.
func (f *fold) due(l *life) int64 {
	if l.kind == "none" {
		return max(l.at()+f.horizon, l.tick)
	}
	return f.last(l)
}

func (f *fold) emit(o outcome) { f.outcomes = append(f.outcomes, o) }

func (f *fold) giveUp(now *life, tick int64) {
	now.booked = max(now.at()+f.horizon, now.arrival)
	now.kind, now.truth = "unlabelled", ""
	n := sums{unlabelled: 1}
	if f.missing != "" {
		now.kind, now.truth = "assumed", f.missing
		n = sums{assumed: 1, pairs: pairs{{now.truth, now.prediction()}: 1}}
	}
	now.revision++
	f.emit(outcome{id: now.id, kind: now.kind, fate: "none", revision: now.revision, tick: tick, event: now.position,
		label: none, truth: now.truth, arrival: now.booked})
	f.count(now, tick, "event", n)
	n.scored = 1
	f.count(now, tick, "label", n)
}

// join applies a label to a score that stands.
func (f *fold) join(now *life, l told, tick int64) {
	arrival := max(l.arrival, now.arrival)
	o := outcome{id: now.id, kind: "none", tick: tick, event: now.position, label: l.position, truth: l.truth(), arrival: arrival}
	if l.arrival > now.at()+f.horizon+f.grace {
		o.fate = "too_late"
		f.emit(o)
		f.tell(l, o.fate, tick, 1)
		return
	}
	now.labels = append(now.labels, l)
	winner := f.winner(now.labels)
	before := *now
	switch {
	case now.kind != "matched":
		o.fate = "used"
		winner = l.truth()
	case winner != now.truth:
		o.fate = "revision"
	case l.truth() == now.truth:
		o.fate = "duplicate"
	default:
		o.fate = "conflict"
	}
	if o.fate == "used" || o.fate == "revision" {
		now.revision++
		now.kind, now.truth = "matched", winner
		o.kind, o.revision, o.truth, o.previous = "matched", now.revision, winner, before.truth
		if before.kind == "none" || before.kind == "unlabelled" {
			now.booked = arrival
		}
		f.correct(&before, now, tick)
	}
	f.emit(o)
	f.tell(l, o.fate, tick, 1)
}

// tell counts a label by when it arrived and what has become of it.
func (f *fold) tell(l told, fate string, tick, n int64) {
	f.fates = append(f.fates, fated{tick: tick, start: floor(l.arrival, width["label"]), fate: fate, n: n})
}

// correct takes back what a score counted as and counts what it is now.
func (f *fold) correct(before, now *life, tick int64) {
	give := pairs{{now.truth, now.prediction()}: 1}
	take := pairs{{before.truth, before.prediction()}: -1}
	switch before.kind {
	case "none":
		f.count(now, tick, "event", sums{pairs: give})
		f.count(now, tick, "label", sums{scored: 1, pairs: give})
	case "unlabelled":
		f.count(now, tick, "event", sums{unlabelled: -1, pairs: give})
		f.count(before, tick, "label", sums{scored: -1, unlabelled: -1})
		f.count(now, tick, "label", sums{scored: 1, pairs: give})
	case "assumed":
		for _, clock := range []string{"event", "label"} {
			f.count(now, tick, clock, sums{assumed: -1, pairs: take})
			f.count(now, tick, clock, sums{pairs: give})
		}
	case "matched":
		for _, clock := range []string{"event", "label"} {
			f.count(now, tick, clock, sums{pairs: take})
			f.count(now, tick, clock, sums{pairs: give})
		}
	}
}

func (f *fold) fate(l told, fate string, tick int64) {
	f.tell(l, fate, tick, 1)
	f.emit(outcome{id: l.id, kind: "none", fate: fate, tick: tick, event: none, label: l.position, truth: l.truth(), arrival: l.arrival})
}

// winner is the truth that stands by the policy.
func (f *fold) winner(labels []told) string {
	all := slices.Clone(labels)
	slices.SortFunc(all, func(a, b told) int {
		return cmp.Or(cmp.Compare(a.time, b.time), arrivalOrder(a.arrival, b.arrival, a.position, b.position))
	})
	last := all[len(all)-1].truth()
	switch f.policy {
	case "first":
		return all[0].truth()
	case "majority":
		n := map[string]int{}
		for i := range all {
			n[all[i].truth()]++
		}
		if n["0"] != n["1"] {
			if n["0"] > n["1"] {
				return "0"
			}
			return "1"
		}
	}
	return last
}
