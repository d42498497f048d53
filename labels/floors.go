package labels

import (
	"cmp"
	"math"
	"slices"
	"time"

	"hindsight/schemas"
)

// Offsets are the next offsets of what a state has taken in.
type Offsets struct {
	Scores   int64 `json:"scores"`
	Labels   int64 `json:"labels"` // of the partition of labels that is joined in place
	Rerouted int64 `json:"rerouted"`
	Outcomes int64 `json:"outcomes"` // the end of outcomes as last known; it may lag
}

// Floors are the offsets from which a rebuild must read. At and past Outcomes
// stands the fate of every label and every repetition at or past the others.
type Floors = Offsets

// span holds what is needed until some instant before End.
type span struct {
	End      schemas.Instant `json:"end"`
	Scores   int64           `json:"s"`
	Labels   int64           `json:"l"`
	Rerouted int64           `json:"r"`
}

// needs is how far back a rebuild must read: the smallest offsets of what the
// state holds, in coarse spans of when it will be forgotten.
type needs struct {
	Spans []span `json:"spans"` // by End
	Marks []mark `json:"marks"` // by offsets
}

// mark says how far outcomes had come when the next offsets were these.
type mark struct {
	At schemas.Instant `json:"at"`
	Offsets
}

const (
	maxSpans = 48
	maxMarks = 32
	nothing  = math.MaxInt64 // the offset of what is not needed
)

// quantum is how coarse spans and marks are under the settings.
func quantum(s *Settings) time.Duration {
	d := (s.Longest() + s.Grace + s.Early) / maxMarks
	return max(d.Truncate(s.Tick), s.Tick)
}

// until notes that offsets (or nothing) are needed until an instant.
func (n *needs) until(i schemas.Instant, coarse time.Duration, scores, labels, rerouted int64) {
	end := i.After(coarse)
	at, found := slices.BinarySearchFunc(n.Spans, end, func(s span, end schemas.Instant) int { return cmp.Compare(s.End, end) })
	if !found {
		n.Spans = slices.Insert(n.Spans, at, span{end, nothing, nothing, nothing})
	}
	n.Spans[at].lower(span{end, scores, labels, rerouted})
	if len(n.Spans) > maxSpans {
		n.merge()
	}
}

func (s *span) lower(t span) {
	s.Scores, s.Labels, s.Rerouted = min(s.Scores, t.Scores), min(s.Labels, t.Labels), min(s.Rerouted, t.Rerouted)
}

// merge joins the two neighbours whose ends are closest.
func (n *needs) merge() {
	best := 1
	for i := 2; i < len(n.Spans); i++ {
		if n.Spans[i].End-n.Spans[i-1].End < n.Spans[best].End-n.Spans[best-1].End {
			best = i
		}
	}
	n.Spans[best].lower(n.Spans[best-1])
	n.Spans = slices.Delete(n.Spans, best-1, best)
}

// prune drops what is not needed any more once a tick is closed.
func (n *needs) prune(closed schemas.Instant) {
	n.Spans = slices.DeleteFunc(n.Spans, func(s span) bool { return s.End <= closed })
}

// mark remembers the offsets, at most once a quantum, and forgets marks that
// no floor can fall back to.
func (n *needs) mark(at schemas.Instant, o Offsets, f Floors, coarse time.Duration) {
	if i := n.markBefore(f); i > 0 {
		n.Marks = slices.Delete(n.Marks, 0, i)
	}
	if len(n.Marks) > 0 && at < n.Marks[len(n.Marks)-1].At.Add(coarse) {
		return
	}
	n.Marks = append(n.Marks, mark{at, o})
	if len(n.Marks) > maxMarks { // every second one will do
		kept := n.Marks[:0]
		for i, m := range n.Marks {
			if i%2 == 0 {
				kept = append(kept, m)
			}
		}
		n.Marks = kept
	}
}

// floors returns the smallest offsets needed, given the next ones and the
// oldest lift or settings.
func (n *needs) floors(next Offsets, logged int64) Floors {
	low := span{Scores: next.Scores, Labels: next.Labels, Rerouted: min(next.Rerouted, logged)}
	for _, s := range n.Spans {
		low.lower(s)
	}
	f := Floors{Scores: low.Scores, Labels: low.Labels, Rerouted: low.Rerouted}
	if i := n.markBefore(f); i >= 0 {
		f.Outcomes = n.Marks[i].Outcomes
	}
	return f
}

// markBefore returns the last mark that no needed record is older than, -1
// where there is none.
func (n *needs) markBefore(f Floors) int {
	i := 0
	for i < len(n.Marks) && n.Marks[i].Scores <= f.Scores && n.Marks[i].Labels <= f.Labels && n.Marks[i].Rerouted <= f.Rerouted {
		i++
	}
	return i - 1
}
