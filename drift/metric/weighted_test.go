package metric

import (
	"testing"

	"hindsight/schemas"
)

// Where all labels are known the weighted accuracy is the plain one, to the bit
// but for rounding, and so is its interval.
func TestWeightedIsPlainWhereAllIsKnown(t *testing.T) {
	for _, right := range []int64{0, 1, 37, 80} {
		pairs := []schemas.Pair{{Truth: "a", Prediction: "a", N: right}, {Truth: "a", Prediction: "b", N: 80 - right}}
		var s Sums
		s.Add(&schemas.Sums{Scored: 80, Pairs: pairs})
		want := figure(t, "accuracy", &s, 0.9)
		for _, known := range []map[string]float64{nil, {"a": 0.25}} {
			got := accuracyWeighted([]Sample{{Pairs: pairs[:1], Known: known}, {Pairs: pairs[1:], Known: known}}, 0.9)
			near(t, "value", got.Value, want.Value, 1e-12)
			near(t, "low", got.Low, want.Low, 1e-12)
			near(t, "high", got.High, want.High, 1e-12)
			if got.N != 80 {
				t.Errorf("n %d", got.N)
			}
		}
	}
}

// By hand: 60 of a, half known, of which 27 right; 40 of b, a quarter known, of
// which 5 right: (54 + 20) / 100, where the known ones say 32 / 40.
func TestWeightedByHand(t *testing.T) {
	got := accuracyWeighted([]Sample{{
		Pairs: []schemas.Pair{{Truth: "a", Prediction: "a", N: 27}, {Truth: "a", Prediction: "b", N: 3}, {Truth: "b", Prediction: "a", N: 5}, {Truth: "b", Prediction: "b", N: 5}},
		Known: map[string]float64{"a": 0.5, "b": 0.25},
	}}, 0.95)
	near(t, "value", got.Value, 0.74, 1e-12)
	// Σ w² (right - value)² / 100² = (27·4·0.26² + 3·4·0.74² + 5·16·0.26² + 5·16·0.74²) / 100²
	variance := (27*4*0.26*0.26 + 3*4*0.74*0.74 + 5*16*0.26*0.26 + 5*16*0.74*0.74) / 1e4
	trials := 0.74 * 0.26 / variance
	low, high := wilson(0.74*trials, trials, quantile(0.95))
	near(t, "low", got.Low, low, 1e-12)
	near(t, "high", got.High, high, 1e-12)
	if none := accuracyWeighted(nil, 0.95); none.Undefined != Empty {
		t.Errorf("%+v of nothing", none)
	}
}

func TestBoundsOfAccuracy(t *testing.T) {
	var s Sums
	s.Add(&schemas.Sums{Scored: 100, Pairs: []schemas.Pair{{Truth: "a", Prediction: "a", N: 50}, {Truth: "a", Prediction: "b", N: 10}}})
	lowest, highest := figure(t, "accuracy_lowest", &s, 0.95), figure(t, "accuracy_highest", &s, 0.95)
	near(t, "lowest", lowest.Value, 0.5, 0)
	near(t, "highest", highest.Value, 0.9, 0)
	if lowest.N != 60 || highest.N != 60 || lowest.Low >= 0.5 || highest.High <= 0.9 {
		t.Errorf("%+v %+v", lowest, highest)
	}
	if none := figure(t, "accuracy_highest", new(Sums), 0.95); none.Undefined != Empty {
		t.Errorf("%+v of nothing", none)
	}
}
