package schemas

import (
	"math"
	"slices"
	"testing"
	"time"
)

// Bins are in order, hold what lies between their edges, and none is wider than
// an eighth of its lower edge beyond the seconds.
func TestDelayBins(t *testing.T) {
	for bin := uint16(0); bin < DelayBins; bin++ {
		low, high := DelayEdge(bin), DelayEdge(bin+1)
		if got := DelayBin(low); got != bin {
			t.Fatalf("edge %v of bin %d is in bin %d", low, bin, got)
		}
		if got := DelayBin(high - 1); got != bin {
			t.Fatalf("%v, the last of bin %d, is in bin %d", high-1, bin, got)
		}
		if width := high - low; bin >= 8 && bin < DelayBins-1 && width > low/8 {
			t.Fatalf("bin %d of %v is %v wide", bin, low, width)
		}
	}
	for delay, want := range map[time.Duration]uint16{-time.Hour: 0, 0: 0, time.Second - 1: 0, time.Second: 1, 15 * time.Second: 15,
		16 * time.Second: 16, 18 * time.Second: 17, math.MaxInt64: DelayBins - 1} {
		if got := DelayBin(delay); got != want {
			t.Errorf("%v is in bin %d, want %d", delay, got, want)
		}
	}
}

// A truth that is learnt, corrected and taken back leaves nothing, and moves a
// score from those that wait to those that do not.
func TestLearn(t *testing.T) {
	var s Sums
	first := Observation{Truth: "0", Prediction: "1", Positive: "1", Value: 1}
	second := first
	second.Truth = "1"
	s.Await(1, "1", 1)
	s.Await(1, "1", 0.1)
	s.Await(1, "", 0.1) // of no class
	s.Learn(1, first, 7)
	s.Learn(-1, first, 7)
	s.Learn(1, second, 7)
	if len(s.Delays) != 1 || s.Delays[0] != (Delay{"1", 7, 1}) {
		t.Errorf("delays %v", s.Delays)
	}
	if want := []ValueBin{{false, 1, 1}, {true, 15, 1}}; len(s.Values) != 2 || s.Values[0] != want[0] || s.Values[1] != want[1] {
		t.Errorf("values %v, want %v", s.Values, want)
	}
	s.Learn(-1, second, 7)
	s.Await(-1, "1", 1)
	s.Await(-1, "1", 0.1)
	if !s.IsZero() {
		t.Errorf("%+v is left", s)
	}
}

// Where no class is predicted the truths may be as many as the outcomes, so
// their delays are counted together.
func TestLearnWithoutClasses(t *testing.T) {
	var s Sums
	s.Learn(1, Observation{Truth: "12.75", Value: 11}, 7)
	s.Learn(1, Observation{Truth: "12.76", Value: 12}, 7)
	s.Learn(1, Observation{Truth: "12.77", Value: 12}, 8)
	if want := []Delay{{"", 7, 2}, {"", 8, 1}}; !slices.Equal(s.Delays, want) {
		t.Errorf("delays %v, want %v", s.Delays, want)
	}
}
