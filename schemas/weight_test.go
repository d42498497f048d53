package schemas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

func TestExtraOf(t *testing.T) {
	for _, w := range []float64{1, 0.5, 2, 1.0 / WeightScale, MaxWeight, 3.25} {
		if e, err := ExtraOf(w); err != nil || e.Weight() != w {
			t.Errorf("the weight %v comes back as %v, %v", w, e.Weight(), err)
		}
	}
	for _, w := range []float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1), 1e-9, MaxWeight + 1, 1e300} {
		if e, err := ExtraOf(w); err == nil {
			t.Errorf("%v is taken for the weight %v", w, e.Weight())
		}
	}
}

// What was taken back leaves no trace: sums that weighted outcomes have passed
// through in any order are those of the outcomes that stand, bit by bit.
func TestWeightsAreTakenBack(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 9))
		draw := func() Observation {
			o := Observation{Truth: fmt.Sprint(rng.IntN(3)), Prediction: fmt.Sprint(rng.IntN(2)), Positive: "1", Value: rng.Float64()}
			if rng.IntN(3) > 0 {
				e, err := ExtraOf(math.Exp(4 * rng.NormFloat64()))
				if err != nil {
					return o
				}
				o.Extra = e
			}
			return o
		}
		var sums, parts Sums
		var stand []Observation
		for range 300 {
			var delta Sums
			o := draw()
			delta.Observe(1, o)
			if n := len(stand); n > 0 && rng.IntN(2) == 0 { // it corrects another
				i := rng.IntN(n)
				delta.Observe(-1, stand[i])
				stand[i] = o
			} else {
				stand = append(stand, o)
			}
			if n := len(stand); rng.IntN(4) == 0 {
				i := rng.IntN(n)
				delta.Observe(-1, stand[i])
				stand[i] = stand[n-1]
				stand = stand[:n-1]
			}
			parts.Merge(&delta)
			if rng.IntN(10) == 0 {
				sums.Merge(&parts)
				parts = Sums{}
			}
		}
		sums.Merge(&parts)
		var want Sums
		for _, i := range rng.Perm(len(stand)) {
			want.Observe(1, stand[i])
		}
		if !reflect.DeepEqual(want, sums) {
			t.Fatalf("seed %d: sums %+v, want %+v", seed, sums, want)
		}
		for _, o := range stand {
			sums.Observe(-1, o)
		}
		if !sums.IsZero() || !reflect.DeepEqual(sums, Sums{}) {
			t.Fatalf("seed %d: %+v is left of nothing", seed, sums)
		}
	}
}
