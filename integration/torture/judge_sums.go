package main

import (
	"math"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
)

// sums: each (partition, tick) adds to the slices once, and exactly what the
// outcomes of that tick add up to; each window is what its slices add up to.
func (j *judge) sums() error {
	want := deltas(j.fold.changes)
	got := map[delta]*sums{}
	parts := map[[3]int64]bool{}
	fates := map[fated]int64{} // what the fold says less what the slices say
	count := func(f fated, sign int64) {
		n := sign * f.n
		f.n = 0
		fates[f] += n
	}
	for _, f := range j.fold.fates {
		count(f, 1)
	}
	closed := map[int32]int64{}
	if err := j.read("slices", func(r *kgo.Record, f fields) {
		partition, tick := int32(f.int("partition")), f.int("tick")
		name := [3]int64{int64(partition), tick, f.int("part")}
		if last, ok := closed[partition]; parts[name] || ok && tick < last {
			j.violate("slices", "partition %d says tick %d, part %d again (offset %d)", partition, tick, name[2], r.Offset)
		}
		parts[name] = true
		closed[partition] = max(closed[partition], tick)
		for _, l := range f.list("fates") {
			count(fated{partition, tick, l.int("start"), l.text("fate"), l.int("n")}, -1)
			if l.int("width") != width["label"] {
				j.violate("slices", "labels of partition %d, tick %d are counted by %d µs", partition, tick, l.int("width"))
			}
		}
		for _, c := range f.list("cells") {
			key := delta{partition, tick, cell{c.text("clock"), c.int("start"), c.text("segment")}}
			if got[key] == nil {
				got[key] = new(sums)
			}
			got[key].add(sumsOf(c))
			if c.int("width") != width[key.cell.clock] {
				j.violate("slices", "%+v is %d µs wide", key, c.int("width"))
			}
		}
	}); err != nil {
		return err
	}
	for key, n := range fates {
		if n != 0 {
			j.violate("slices", "%+v: the outcomes make it %+d labels more than the slices", key, n)
		}
	}
	for key, s := range want {
		switch g := got[key]; {
		case g == nil:
			j.violate("slices", "%+v is missing: %v", key, s)
		case g.String() != s.String():
			j.violate("slices", "%+v is %v; the outcomes add up to %v", key, g, s)
		}
	}
	for key, g := range got {
		if want[key] == nil && !g.zero() { // where pairs cancel, the histogram may stay
			j.violate("slices", "%+v must not be: %v", key, g)
		}
	}
	for p := range j.plan.eventParts {
		if closed[p] != j.fold.end {
			j.violate("slices", "partition %d has closed tick %d at the end, want %d", p, closed[p], j.fold.end)
		}
	}
	j.expected = newWindows(j.plan.rules, want)
	return j.windows()
}

// fated is what n labels of one partition that arrived in a slice of time came
// to at a tick; none: they began to wait.
type fated struct {
	partition   int32
	tick, start int64
	fate        string
	n           int64
}

func sumsOf(f fields) sums {
	s := sums{scored: f.int("scored"), unlabelled: f.int("unlabelled"), assumed: f.int("assumed"), pairs: pairs{}}
	for _, p := range f.list("pairs") {
		s.pairs[[2]string{p.text("truth"), p.text("prediction")}] += p.int("n")
	}
	return s
}

// published is how a window was published last.
type published struct {
	revision int32
	at       int64
	state    string
	sums     sums
}

func (j *judge) windows() error {
	last := map[windowKey]published{}
	if err := j.read("windows", func(r *kgo.Record, f fields) {
		key := windowKey{f.text("name"), f.int("start"), f.text("segment")}
		at, revision := f.int("at"), int32(f.int("revision"))
		if before := last[key]; revision != before.revision+1 || before.revision > 0 && at <= before.at {
			j.violate("windows", "%+v: revision %d at %d follows %d at %d (offset %d)", key, revision, at, before.revision, before.at, r.Offset)
		}
		want, known := j.expected.at(key, at)
		if !known {
			j.violate("windows", "%+v at %d must not be", key, at)
		}
		if why := differs(f, want, j.specOf(key.name), key.start); why != "" {
			j.violate("windows", "%+v revision %d at %d: %s; the outcomes say %v", key, revision, at, why, &want)
		}
		last[key] = published{revision, at, f.text("state"), want}
	}); err != nil {
		return err
	}
	for key, history := range j.expected.all {
		want, got := history[len(history)-1].sums, last[key]
		if got.revision == 0 && !slices.ContainsFunc(history, func(s snapshot) bool { return s.sums.scored > 0 }) {
			continue // one that was always empty is not published
		}
		final := j.expected.final(j.specOf(key.name), key.start)
		switch {
		case got.revision == 0:
			j.violate("windows", "%+v was never published: %v", key, &want)
		case got.sums.String() != want.String():
			j.violate("windows", "%+v was published last with %v, and then came to %v", key, &got.sums, &want)
		case (got.state == "final") != (final <= j.fold.end):
			j.violate("windows", "%+v is %s at the end; it is final from %d, judged up to %d", key, got.state, final, j.fold.end)
		}
	}
	return nil
}

func (j *judge) specOf(name string) spec {
	for _, s := range specs {
		if s.name == name {
			return s
		}
	}
	return spec{}
}

// differs says how a published window differs from what the outcomes add up to, "" if it does not.
func differs(f fields, want sums, s spec, start int64) string {
	r := read(s, start, want, 0.95)
	switch {
	case f.int("scored") != want.scored, f.int("labelled") != r.n, f.int("assumed") != want.assumed, f.int("unlabelled") != want.unlabelled:
		got := sums{scored: f.int("scored"), unlabelled: f.int("unlabelled"), assumed: f.int("assumed")}
		return got.String()
	case !near(f.number("coverage"), r.coverage):
		return "coverage"
	}
	for _, m := range f.list("metrics") {
		if m.text("name") == "accuracy" && (m.int("n") != r.n || !near(m.number("value"), r.value) || !near(m.number("low"), r.low) || !near(m.number("high"), r.high)) {
			return "accuracy"
		}
	}
	return ""
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9 }
