package dashboard

import (
	"maps"
	"slices"
)

// LabelBuckets returns the buckets of Snapshot.Labels in the order of the
// conservation law; every label is in exactly one.
func LabelBuckets() []string {
	return []string{"used", "duplicate", "revision", "conflict", "orphan", "too_late", "dead_letter", "waiting"}
}

// OutcomeKinds returns the kinds of Snapshot.Outcomes in the order of the
// conservation law; every score is in exactly one.
func OutcomeKinds() []string {
	return []string{"matched", "assumed", "unlabelled", "duplicate", "pending"}
}

// Part is one addend of a Sum.
type Part struct {
	Name string
	N    int64
}

// Sum is one line of the conservation law: Total is the sum of Parts, save for
// what is under way between two counters.
type Sum struct {
	Name  string
	Total int64
	Parts []Part
}

// Difference returns Total minus the parts. It is 0 once nothing is under way.
func (s Sum) Difference() int64 {
	d := s.Total
	for _, p := range s.Parts {
		d -= p.N
	}
	return d
}

// Ledger returns the three sums of the conservation law: events, scores and
// labels, in this order.
func (s Snapshot) Ledger() []Sum {
	return []Sum{
		{Name: "events", Total: s.Events, Parts: []Part{{"scores", s.Scores}, {"dead_letters", s.DeadLetters}}},
		{Name: "scores", Total: s.Scores, Parts: parts(OutcomeKinds(), s.Outcomes)},
		{Name: "labels", Total: s.LabelsRead, Parts: parts(LabelBuckets(), s.Labels)},
	}
}

// parts lists counts in the order of names, then whatever else counts holds,
// so that a bucket nobody foresaw is shown rather than lost.
func parts(names []string, counts map[string]int64) []Part {
	all := make([]Part, 0, len(names))
	for _, name := range names {
		all = append(all, Part{name, counts[name]})
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if !slices.Contains(names, name) {
			all = append(all, Part{name, counts[name]})
		}
	}
	return all
}
