package metric

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"hindsight/schemas"
)

func TestUndefined(t *testing.T) {
	pair := func(truth, prediction string, n int64) *schemas.Sums {
		return &schemas.Sums{Scored: n, Pairs: []schemas.Pair{{Truth: truth, Prediction: prediction, N: n}}}
	}
	tests := []struct {
		name   string
		deltas []*schemas.Sums
		want   map[string]string // by metric; what is not named is defined
	}{
		{"nothing", nil, map[string]string{"accuracy": Empty, "accuracy_highest": Empty, "accuracy_lowest": Empty, "balanced_accuracy": Empty, "log_loss": Empty, "auc": Empty}},
		{"scored, not labelled", []*schemas.Sums{{Scored: 9, Unlabelled: 9}},
			map[string]string{"accuracy": Empty, "balanced_accuracy": Empty, "log_loss": Empty, "auc": Empty}},
		{"taken back", []*schemas.Sums{pair("a", "a", 3), pair("a", "a", -3)},
			map[string]string{"accuracy": Empty, "accuracy_highest": Empty, "accuracy_lowest": Empty, "balanced_accuracy": Empty, "log_loss": Empty, "auc": Empty}},
		{"classes only", []*schemas.Sums{pair("a", "a", 3), pair("b", "a", 1)},
			map[string]string{"log_loss": NoProbability, "auc": NoProbability}},
		{"one class", []*schemas.Sums{outcome(true, 0.9), outcome(true, 0.2)},
			map[string]string{"balanced_accuracy": OneClass, "auc": OneClass}},
		{"one outcome", []*schemas.Sums{outcome(false, 0.2)},
			map[string]string{"balanced_accuracy": OneClass, "log_loss": TooFew, "auc": OneClass}},
		{"one positive", []*schemas.Sums{outcome(true, 0.9), outcome(false, 0.2), outcome(false, 0.3)},
			map[string]string{"auc": TooFew}},
		{"two of each", []*schemas.Sums{outcome(true, 0.9), outcome(true, 0.8), outcome(false, 0.2), outcome(false, 0.3)}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var s Sums
			for _, d := range test.deltas {
				s.Add(d)
			}
			for _, name := range Names() {
				got, want := figure(t, name, &s, 0.95), test.want[name]
				if name == "accuracy_weighted" {
					want = NotLearnt // sums have no ages
				}
				if got.Undefined != want {
					t.Errorf("%s undefined %q, want %q", name, got.Undefined, want)
				}
				if got.Undefined != "" && (got.Value != 0 || got.Low != 0 || got.High != 0) {
					t.Errorf("%s is undefined and still has figures: %+v", name, got)
				}
			}
		})
	}
}

// A perfect score on few outcomes is no certainty.
func TestSeparationKeepsAWidth(t *testing.T) {
	for _, c := range []struct {
		negative, positive, want float64
	}{{0.1, 0.9, 1}, {0.9, 0.1, 0}} {
		var s Sums
		for range 10 {
			s.Add(outcome(true, c.positive))
			s.Add(outcome(false, c.negative))
		}
		got := figure(t, "auc", &s, 0.95)
		low, high := wilson(10*c.want, 10, quantile(0.95))
		if got.Value != c.want || got.Low != low || got.High != high {
			t.Errorf("auc %v [%v, %v], want %v [%v, %v]", got.Value, got.Low, got.High, c.want, low, high)
		}
	}
}

// Whatever the sums, a figure is finite, inside its interval, and a proportion stays one.
func TestFiguresAreSane(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var s Sums
		for range random.IntN(40) {
			score := math.Round(random.Float64()*20) / 20
			s.Add(outcome(random.IntN(4) == 0, score))
		}
		for _, name := range Names() {
			got := figure(t, name, &s, 0.9)
			for _, x := range []float64{got.Value, got.Low, got.High} {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					t.Fatalf("%s is %+v", name, got)
				}
			}
			if got.Low > got.Value+1e-12 || got.High < got.Value-1e-12 || got.Low < 0 || name != "log_loss" && got.High > 1 {
				t.Fatalf("%s is %+v", name, got)
			}
		}
	}
}

func TestNamed(t *testing.T) {
	_, err := Named("acuracy")
	if err == nil || !strings.Contains(err.Error(), `"acuracy"`) || !strings.Contains(err.Error(), "accuracy, accuracy_highest, accuracy_lowest, accuracy_weighted, auc, balanced_accuracy, log_loss") {
		t.Errorf("error %v names neither the fault nor the choice", err)
	}
	if names := Names(); !slices.IsSorted(names) {
		t.Errorf("names %v are not sorted", names)
	}
	if m, err := Named("auc"); err != nil || !m.Histogram || m.Name != "auc" {
		t.Errorf("auc: %+v, %v", m, err)
	}
}

// Assumed truths are no labels, and what was never scored has no coverage.
func TestCoverageCountsLabels(t *testing.T) {
	var s Sums
	if got := figure(t, OfCoverage, &s, 0.95); got.Undefined != Empty {
		t.Errorf("coverage of nothing is %+v", got)
	}
	s.Add(&schemas.Sums{Scored: 10, Assumed: 2, Pairs: []schemas.Pair{{Truth: "a", Prediction: "a", N: 5}}})
	low, high := wilson(3, 10, quantile(0.95))
	if got := figure(t, OfCoverage, &s, 0.95); got.Value != 0.3 || got.N != 10 || got.Low != low || got.High != high {
		t.Errorf("coverage is %+v, want 0.3 of 10", got)
	}
}

// A label that waits for its score has none yet, and whoever contradicts, stands or loses.
func TestSharesOfLabels(t *testing.T) {
	var s, other Sums
	if got := figure(t, OfOrphans, &s, 0.95); got.Undefined != Empty {
		t.Errorf("orphans among no labels: %+v", got)
	}
	for fate, n := range map[schemas.Fate]int64{schemas.Used: 9, schemas.NoFate: 2, schemas.Orphan: 3, schemas.Conflict: 1, schemas.Revision: 4, schemas.TooLate: 1} {
		s.Tell(fate, n)
	}
	other.Tell(schemas.Used, 7)
	s.Merge(&other)
	s.Remove(&other)
	for name, k := range map[string]float64{OfOrphans: 5, OfConflicts: 5} {
		low, high := wilson(k, 20, quantile(0.9))
		if got := figure(t, name, &s, 0.9); got.Value != k/20 || got.N != 20 || got.Low != low || got.High != high {
			t.Errorf("%s is %+v, want %v of 20", name, got, k)
		}
	}
}

// A label that began to wait before such labels were counted is missing when it
// waits no longer; that is no share below nothing.
func TestSharesOfLabelsThatWaitedBefore(t *testing.T) {
	var s Sums
	s.Tell(schemas.NoFate, -3)
	s.Tell(schemas.Used, 4)
	s.Tell(schemas.Orphan, 1)
	if got := figure(t, OfOrphans, &s, 0.9); got.Value != 0.2 || got.N != 5 {
		t.Errorf("orphans are %+v, want 0.2 of 5", got)
	}
}

func TestPace(t *testing.T) {
	if got := Pace(0, 0, 0, 0.95); got.Undefined != Empty {
		t.Errorf("the pace of nothing is %+v", got)
	}
	if got := Pace(0, 100, 0.9, 0.95); got.Undefined != Immature {
		t.Errorf("where less than a label is due, the pace is %+v", got)
	}
	low, high := wilson(30, 100, quantile(0.95))
	if got := Pace(30, 100, 60.5, 0.95); got.Value != 30/60.5 || got.N != 60 || got.Low != low/0.605 || got.High != high/0.605 {
		t.Errorf("30 of 60.5 labels that are due among 100 scores: %+v", got)
	}
}
