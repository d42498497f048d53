package schemas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestObserve(t *testing.T) {
	var s Sums
	s.Observe(1, Observation{Truth: "1", Prediction: "1", Positive: "1", Value: 0.75})
	s.Observe(1, Observation{Truth: "0", Prediction: "1", Positive: "1", Value: 1, Assumed: true})
	s.Observe(1, Observation{Truth: "0", Prediction: "0"})
	s.Observe(1, Observation{Truth: "0", Prediction: "0", Positive: "1", Value: math.NaN()})
	s.Observe(1, Observation{Truth: "0", Prediction: "0", Positive: "1", Value: 1.5})
	// -ln 0.75 = 0.28768207…, -ln 1e-15 = 34.53877639…
	first, second := int64(math.Round(0.2876820724517809*LossScale)), int64(math.Round(34.538776394910684*LossScale))
	want := Sums{
		Assumed:     1,
		Pairs:       []Pair{{"0", "0", 3}, {"0", "1", 1}, {"1", "1", 1}},
		Histogram:   []HistogramBin{{false, 1023, 1}, {true, 768, 1}},
		Lossy:       2,
		LossSum:     first + second,
		LossSquares: int64(math.Round(0.08276097477*LossScale)) + int64(math.Round(1192.92707485*LossScale)),
	}
	if d := s.LossSquares - want.LossSquares; d < -2 || d > 2 {
		t.Errorf("loss squares %d, want %d", s.LossSquares, want.LossSquares)
	}
	s.LossSquares, want.LossSquares = 0, 0
	if diff := cmp.Diff(want, s); diff != "" {
		t.Error(diff)
	}
}

func TestLogLossIsClipped(t *testing.T) {
	for _, p := range []float64{0, 1e-300, 1e-15, 0.5, 1 - 1e-16, 1} {
		if l := LogLoss(p); !(l > 0 && l < 34.54) {
			t.Errorf("LogLoss(%g) = %g", p, l)
		}
	}
}

// randomObservation draws from few values, so that keys meet.
func randomObservation(r *rand.Rand) Observation {
	o := Observation{
		Truth:      fmt.Sprint(r.IntN(3)),
		Prediction: fmt.Sprint(r.IntN(3)),
		Value:      float64(r.IntN(40)) / 32,
		Assumed:    r.IntN(4) == 0,
	}
	if r.IntN(3) > 0 {
		o.Positive = "1"
	}
	return o
}

func randomSums(r *rand.Rand) Sums {
	s := Sums{Scored: r.Int64N(9) - 4, Unlabelled: r.Int64N(9) - 4}
	for range r.IntN(60) {
		s.Observe(r.Int64N(5)-2, randomObservation(r))
	}
	return s
}

func sum(parts ...Sums) Sums {
	var total Sums
	for i := range parts {
		total.Merge(&parts[i])
	}
	return total
}

func TestMergeIsAssociativeAndCommutative(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		a, b, c := randomSums(r), randomSums(r), randomSums(r)
		if diff := cmp.Diff(sum(a, b), sum(b, a)); diff != "" {
			t.Fatal("a+b and b+a differ:", diff)
		}
		if diff := cmp.Diff(sum(sum(a, b), c), sum(a, sum(b, c))); diff != "" {
			t.Fatal("(a+b)+c and a+(b+c) differ:", diff)
		}
		if diff := cmp.Diff(a, sum(a, Sums{})); diff != "" {
			t.Fatal("a+0 differs from a:", diff)
		}
		checkSparse(t, sum(a, b, c))
	}
}

func TestMergeEqualsObservingAll(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var whole Sums
		parts := make([]Sums, 1+r.IntN(5))
		for range r.IntN(80) {
			o, sign := randomObservation(r), int64(1-2*r.IntN(2))
			whole.Observe(sign, o)
			parts[r.IntN(len(parts))].Observe(sign, o)
		}
		if diff := cmp.Diff(whole, sum(parts...)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestRetractionIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		var s Sums
		seen := make([]Observation, r.IntN(50))
		for i := range seen {
			seen[i] = randomObservation(r)
			s.Observe(1, seen[i])
			checkSparse(t, s)
		}
		r.Shuffle(len(seen), func(i, j int) { seen[i], seen[j] = seen[j], seen[i] })
		for _, o := range seen {
			s.Observe(-1, o)
			checkSparse(t, s)
		}
		if !s.IsZero() {
			t.Fatalf("what is left: %+v", s)
		}
		if diff := cmp.Diff(Sums{}, s); diff != "" {
			t.Fatal("zero sums are not the zero value:", diff)
		}
	}
}

func TestMergeKeepsNothingOfItsArgument(t *testing.T) {
	var a, b Sums
	for i := range 20 {
		b.Observe(1, Observation{Truth: fmt.Sprint(i)})
	}
	a.Merge(&b)
	b.Pairs[0].N = 1000
	if a.Pairs[0].N != 1 {
		t.Error("the merged sums share memory with what was merged")
	}
}

func checkSparse(t *testing.T, s Sums) {
	t.Helper()
	if !slices.IsSortedFunc(s.Pairs, Pair.order) || !slices.IsSortedFunc(s.Histogram, HistogramBin.order) {
		t.Fatalf("not sorted: %+v", s)
	}
	for i, p := range s.Pairs {
		if p.N == 0 || i > 0 && p.order(s.Pairs[i-1]) == 0 {
			t.Fatalf("zero or repeated pair %+v", p)
		}
	}
	for i, h := range s.Histogram {
		if h.N == 0 || i > 0 && h.order(s.Histogram[i-1]) == 0 {
			t.Fatalf("zero or repeated bin %+v", h)
		}
	}
}

func BenchmarkObserve(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	observations := make([]Observation, 1024)
	for i := range observations {
		observations[i] = randomObservation(r)
	}
	var s Sums
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Observe(1, observations[i%len(observations)])
	}
}
