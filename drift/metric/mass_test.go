package metric

import (
	"math"
	"math/rand/v2"
	"testing"

	"hindsight/schemas"
)

// weighted is an outcome and how much it counts.
type weighted struct {
	positive bool
	value    float64
	weight   float64
}

func (o weighted) right() bool { return o.positive == (o.value >= 0.5) }

func sumsOf(t *testing.T, outcomes []weighted) *Sums {
	t.Helper()
	s, class := &Sums{}, map[bool]string{true: "1", false: "0"}
	for _, o := range outcomes {
		extra, err := schemas.ExtraOf(o.weight)
		if err != nil {
			t.Fatal(err)
		}
		delta := schemas.Sums{Scored: 1}
		delta.Observe(1, schemas.Observation{Truth: class[o.positive], Prediction: class[o.value >= 0.5], Positive: "1", Value: o.value, Extra: extra})
		s.Add(&delta)
	}
	return s
}

func draw(rng *rand.Rand, n int, weight func() float64) (all []weighted) {
	for range n {
		o := weighted{rng.IntN(3) == 0, 0, weight()}
		o.value = (float64(rng.IntN(schemas.HistogramBins)) + 0.5) / schemas.HistogramBins
		if rng.IntN(3) > 0 && o.positive != (o.value >= 0.5) {
			o.value = 1 - o.value
		}
		all = append(all, o)
	}
	return all
}

// Weights by hand: every figure from the list of outcomes, in its plainest words.
func TestWeightedFigures(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 4))
		all := draw(rng, 200, func() float64 { return math.Round(math.Exp(rng.NormFloat64())*1024+1) / 1024 })
		s := sumsOf(t, all)
		var w, w2, right, loss, pairs, above float64
		recall, of := map[bool]float64{}, map[bool]float64{}
		for _, o := range all {
			w += o.weight
			w2 += o.weight * o.weight
			of[o.positive] += o.weight
			if o.right() {
				right += o.weight
				recall[o.positive] += o.weight
			}
			p := o.value
			if !o.positive {
				p = 1 - p
			}
			loss -= o.weight * math.Log(p)
			for _, n := range all {
				if o.positive && !n.positive {
					pairs += o.weight * n.weight
					switch {
					case o.value > n.value:
						above += o.weight * n.weight
					case o.value == n.value:
						above += o.weight * n.weight / 2
					}
				}
			}
		}
		accuracy := figure(t, "accuracy", s, 0.95)
		near(t, "accuracy", accuracy.Value, right/w, 1e-12)
		low, high := wilson(right/w*(w*w/w2), w*w/w2, quantile(0.95))
		near(t, "low", accuracy.Low, low, 1e-6) // squares are in fixed point
		near(t, "high", accuracy.High, high, 1e-6)
		near(t, "balanced accuracy", figure(t, "balanced_accuracy", s, 0.95).Value, (recall[true]/of[true]+recall[false]/of[false])/2, 1e-12)
		near(t, "log loss", figure(t, "log_loss", s, 0.95).Value, loss/w, 1e-7)
		near(t, "auc", figure(t, "auc", s, 0.95).Value, above/pairs, 1e-12)
		near(t, "all known", figureOf(t, "accuracy_weighted").Weigh([]Sample{{Pairs: s.Pairs(), Weights: s.Weights()}}, 0.95).Value, right/w, 1e-12)
		if accuracy.N != 200 {
			t.Errorf("n is %d: it stays a count", accuracy.N)
		}
	}
}

// Equal weights say no more than none, whatever they are.
func TestEqualWeightsAreNone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	plain := draw(rng, 300, func() float64 { return 1 })
	for _, weight := range []float64{0.25, 4, 100} {
		heavy := make([]weighted, len(plain))
		for i, o := range plain {
			o.weight = weight
			heavy[i] = o
		}
		for _, name := range []string{"accuracy", "balanced_accuracy", "auc", "log_loss"} {
			want, got := figure(t, name, sumsOf(t, plain), 0.9), figure(t, name, sumsOf(t, heavy), 0.9)
			near(t, name, got.Value, want.Value, 1e-6)
			near(t, name+" low", got.Low, want.Low, 1e-5)
			near(t, name+" high", got.High, want.High, 1e-5)
		}
	}
}

// Sums that windows have moved over are those that were added.
func TestWeightsMoveAlong(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	a, b := draw(rng, 50, func() float64 { return 0.5 + rng.Float64() }), draw(rng, 50, func() float64 { return 1 + 3*rng.Float64() })
	var s Sums
	s.Merge(sumsOf(t, a))
	s.Merge(sumsOf(t, b))
	s.Remove(sumsOf(t, a))
	for _, name := range []string{"accuracy", "balanced_accuracy", "auc", "log_loss", "accuracy_lowest", "accuracy_highest"} {
		if got, want := figure(t, name, &s, 0.9), figure(t, name, sumsOf(t, b), 0.9); got != want {
			t.Errorf("%s is %+v, want %+v", name, got, want)
		}
	}
}

func figureOf(t *testing.T, name string) Metric {
	t.Helper()
	m, err := Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What is missing has no weight, so the bounds of the accuracy take none from
// what is there: ten right answers of a hundred scores may be all that are right.
func TestBoundsCountEveryScoreOnce(t *testing.T) {
	var all []weighted
	for range 10 {
		all = append(all, weighted{true, 0.9, 10})
	}
	s := sumsOf(t, all)
	s.Add(&schemas.Sums{Scored: 90})
	for name, want := range map[string]float64{"accuracy_lowest": 0.1, "accuracy_highest": 1} {
		if got := figure(t, name, s, 0.95); got.Value != want {
			t.Errorf("%s is %v, want %v", name, got.Value, want)
		}
	}
}

// Weights that are no whole numbers leave a variance that is not quite zero where
// the scores separate the classes: the interval must not shrink to a point.
func TestAUCOfSeparatedClassesWithWeights(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 9))
		var all []weighted
		for i := range 400 {
			o := weighted{i%2 == 0, 0.2 * rng.Float64(), 1 + 9*rng.Float64()}
			if o.positive {
				o.value += 0.7
			}
			all = append(all, o)
		}
		if got := figure(t, "auc", sumsOf(t, all), 0.95); got.Value < 1-1e-12 || got.Value > 1 || got.High < got.Value || got.Low > 0.99 || got.Low < 0.9 {
			t.Fatalf("seed %d: %+v", seed, got)
		}
	}
}
