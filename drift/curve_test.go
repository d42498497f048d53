package drift

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"hindsight/schemas"
)

// The example of Kaplan–Meier by hand: 10 scores, 2 labels in the first bin, 4
// of the rest are too young for the second, in which 1 of 4 gets its label.
func TestKaplanMeierByHand(t *testing.T) {
	got, ever := kaplanMeier([]int64{2, 1}, []int64{10, 4})
	if math.Abs(ever-0.4) > 1e-12 {
		t.Errorf("%v of the scores ever get a label, want 0.4", ever)
	}
	// Without a label after bin 0: 0.8, after bin 1: 0.8 * 0.75 = 0.6; so 0.2 of 0.4.
	for i, want := range []float64{0, 0.5, 1} {
		if math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("share %d is %v, want %v", i, got[i], want)
		}
	}
	// On reversed time: of 6 labels within both bins 2 came in the second, of 9 within the first bin 9.
	got = reversed([]int64{9, 2}, []int64{9, 6})
	for i, want := range []float64{0, 4. / 6, 1} {
		if math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("reversed share %d is %v, want %v", i, got[i], want)
		}
	}
}

// cohortsOf folds scores of two classes that come evenly over 200 days, a day
// at a time, their labels exponentially later, up to now.
func cohortsOf(t *testing.T, now schemas.Instant, never float64, positives func(day int) float64, means map[bool]time.Duration) *cohorts {
	t.Helper()
	config := Config{Horizon: 30 * aDay, Windows: []WindowSpec{{Name: "day", Size: aDay}}}
	c := newCohorts(&config)
	dice := rand.New(rand.NewPCG(7, 7))
	for day := range 200 {
		for range 200 {
			at := onDay(day).Add(time.Duration(dice.Int64N(int64(aDay))))
			if at >= now {
				continue
			}
			cell := schemas.Cell{Start: onDay(day), Width: aDay}
			cell.Scored = 1
			c.add(&cell, now, 0)
			positive := dice.Float64() < positives(day)
			delay := time.Duration(dice.ExpFloat64() * float64(means[positive]))
			if at.Add(delay) >= now || delay > 30*aDay || dice.Float64() < never {
				continue
			}
			cell.Scored = 0
			cell.Delays = []schemas.Delay{{Truth: map[bool]string{false: "0", true: "1"}[positive], Bin: schemas.DelayBin(delay), N: 1}}
			c.add(&cell, now, 0)
		}
	}
	return c
}

func expect(t *testing.T, what string, s *shares, mean time.Duration, tolerance float64) {
	t.Helper()
	for _, age := range []time.Duration{6 * time.Hour, aDay, 3 * aDay, 7 * aDay, 20 * aDay} {
		f := func(age time.Duration) float64 { return 1 - math.Exp(-float64(age)/float64(mean)) }
		if got, want := s.mean(age, age+time.Second), f(age)/f(30*aDay); math.Abs(got-want) > tolerance {
			t.Errorf("%s: %.3f of the labels within %v, want %.3f", what, got, age, want)
		}
	}
}

// Curves are right though young scores have few labels yet, some never get one,
// and though one class grows more frequent, which a curve over all of them
// cannot tell from labels that come later.
func TestCurvesAgainstWhatIsTrue(t *testing.T) {
	means := map[bool]time.Duration{false: 36 * time.Hour, true: 6 * aDay}
	even := func(int) float64 { return 0.3 }
	k := cohortsOf(t, onDay(200), 0.2, even, map[bool]time.Duration{false: 3 * aDay, true: 3 * aDay}).of("", onDay(200))
	if !k.learnt() {
		t.Fatalf("%d labels", k.labels)
	}
	expect(t, "whole", k.all, 3*aDay, 0.02)

	k = cohortsOf(t, onDay(200), 0.2, func(day int) float64 { return 0.1 + float64(max(0, day-170))/60 }, means).of("", onDay(200))
	expect(t, "class 0", k.class("0"), means[false], 0.02)
	expect(t, "class 1", k.class("1"), means[true], 0.04)
	if k.class("2") != nil {
		t.Error("there is a curve of a class that never occurred")
	}
}

// What is not over is not learnt from, and what is long over is forgotten.
func TestCurvesAreLearntFromWhatIsOver(t *testing.T) {
	even := func(int) float64 { return 0.3 }
	means := map[bool]time.Duration{false: aDay, true: aDay}
	if k := cohortsOf(t, onDay(29), 0, even, means).of("", onDay(29)); k.learnt() {
		t.Errorf("learnt from %d labels within the horizon", k.labels)
	}
	c := cohortsOf(t, onDay(80), 0, even, means)
	if k := c.of("", onDay(80)); !k.learnt() {
		t.Errorf("%d labels are over", k.labels)
	}
	if k := c.of("region=eu", onDay(80)); k != c.of("", onDay(80)) {
		t.Error("a segment without labels has a curve of its own")
	}
	if k := c.of("", onDay(300)); k.learnt() {
		t.Errorf("%d labels of long ago are learnt from", k.labels)
	}
	if c.drop(onDay(300)); len(c.all) != 0 || c.floor() != math.MaxInt64 {
		t.Errorf("%d cohorts are left, floor %d", len(c.all), c.floor())
	}
}
