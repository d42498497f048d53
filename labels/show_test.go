package labels

import (
	"fmt"
	"strings"
	"time"

	"hindsight/schemas"
)

// Outcome implements Emitter.
func (s *scenario) Outcome(o *schemas.Outcome) error {
	s.printed = append(s.printed, showOutcome(o))
	return nil
}

// Slice implements Emitter.
func (s *scenario) Slice(x *schemas.Slice) error {
	for i := range x.Cells {
		c := &x.Cells[i]
		at := fmt.Sprintf("%s %s", [...]string{"event", "label"}[c.Clock], since(c.Start))
		if c.Segment != "" {
			at += " " + c.Segment
		}
		if s.sums[at] == nil {
			s.sums[at] = new(schemas.Sums)
		}
		s.sums[at].Merge(&c.Sums)
	}
	return nil
}

var (
	kinds = [...]string{"-", "matched", "assumed", "unlabelled", "repeated"}
	fates = [...]string{"-", "used", "same", "revision", "conflict", "orphan", "late", "dead"}
)

func showOutcome(o *schemas.Outcome) string {
	var w strings.Builder
	fmt.Fprintf(&w, "%s %s", since(o.Tick), o.EventID)
	if o.Kind != schemas.NoKind {
		fmt.Fprintf(&w, " %s r%d", kinds[o.Kind], o.Revision)
	}
	if o.Fate != schemas.NoFate {
		fmt.Fprintf(&w, " label %d:%d %s", o.LabelPartition, o.LabelOffset, fates[o.Fate])
	}
	if o.ScorePartition >= 0 {
		fmt.Fprintf(&w, " score %d", o.ScoreOffset)
	}
	if o.Truth != "" {
		fmt.Fprintf(&w, " truth %s", o.Truth)
	}
	if o.PreviousTruth != "" {
		fmt.Fprintf(&w, " was %s", o.PreviousTruth)
	}
	fmt.Fprintf(&w, " arrived %s", since(o.Arrival))
	return w.String()
}

func since(i schemas.Instant) string {
	switch i {
	case schemas.Beginning, schemas.Forever:
		return i.String()
	}
	text := i.Sub(0).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func showSums(s *schemas.Sums) string {
	var w strings.Builder
	for _, n := range []struct {
		name string
		n    int64
	}{{"scored", s.Scored}, {"unlabelled", s.Unlabelled}, {"assumed", s.Assumed}, {"lossy", s.Lossy}} {
		if n.n != 0 {
			fmt.Fprintf(&w, " %s %d", n.name, n.n)
		}
	}
	for _, p := range s.Pairs {
		fmt.Fprintf(&w, " [truth %s said %s: %d]", p.Truth, p.Prediction, p.N)
	}
	for _, h := range s.Histogram {
		fmt.Fprintf(&w, " [bin %d %t: %d]", h.Bin, h.Positive, h.N)
	}
	return w.String()
}

const minute = schemas.Instant(time.Minute / time.Microsecond)
