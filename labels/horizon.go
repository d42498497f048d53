package labels

import (
	"reflect"
	"slices"
	"time"

	"hindsight/schemas"
)

// SegmentHorizon is the horizon of the scores of one segment.
type SegmentHorizon struct {
	Segment []schemas.Segment `json:"segment"` // fields with their values, by canonical text; all must agree
	Horizon time.Duration     `json:"horizon"`
}

// HorizonOf returns how long after its event time a score of these segments
// waits for a label: by the first of s.Horizons that applies, else s.Horizon.
func (s *Settings) HorizonOf(segments []schemas.Segment) time.Duration {
	for i := range s.Horizons {
		if s.Horizons[i].applies(segments) {
			return s.Horizons[i].Horizon
		}
	}
	return s.Horizon
}

func (h *SegmentHorizon) applies(segments []schemas.Segment) bool {
	for _, want := range h.Segment {
		if !slices.ContainsFunc(segments, func(have schemas.Segment) bool {
			return have.Field == want.Field && schemas.Canonical(have.Value) == schemas.Canonical(want.Value)
		}) {
			return false
		}
	}
	return true
}

// Longest returns the longest horizon that a score may have.
func (s *Settings) Longest() time.Duration {
	longest := s.Horizon
	for _, h := range s.Horizons {
		longest = max(longest, h.Horizon)
	}
	return longest
}

// Same reports whether s and t decide alike, whatever their From.
func (s *Settings) Same(t *Settings) bool {
	a, b := *s, *t
	a.From, b.From = 0, 0
	return reflect.DeepEqual(a, b)
}
