package metric

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hindsight/schemas"
)

// A histogram in any of its forms is a map from slot to count.
func TestHistogramAgainstMap(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, test := range []struct {
		name string
		most int64
		bins int
		adds int
	}{
		{"sparse", 5, 100, 300},
		{"narrow", 5, schemas.HistogramBins, 5000},
		{"wide", 1 << 20, schemas.HistogramBins, 3000},
		{"full", 1 << 40, schemas.HistogramBins, 3000},
		{"few and large", 1 << 40, 3, 50},
		{"few and middling", 1 << 29, 3, 50},
	} {
		t.Run(test.name, func(t *testing.T) {
			var h histogram
			var want [slots]int64
			for range test.adds {
				at := slot(random.IntN(2) == 0, uint16(random.IntN(test.bins)))
				n := random.Int64N(2*test.most+1) - test.most/2
				if random.IntN(3) == 0 {
					n = -want[at] // to nothing
				}
				h.add(at, n)
				want[at] += n
			}
			got := [slots]int64{7: 99} // load must overwrite
			h.load(&got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestHistogramWidens(t *testing.T) {
	var h histogram
	for at := range sparseLimit + 1 {
		h.add(at, 1)
	}
	if h.narrow == nil {
		t.Fatal("not narrow after the sparse form is full")
	}
	for _, n := range []int64{math.MaxInt16 - 1, 1, math.MaxInt32, -3 << 40} {
		var before, after [slots]int64
		h.load(&before)
		h.add(0, n)
		h.load(&after)
		before[0] += n
		if before != after {
			t.Fatalf("adding %d lost something", n)
		}
	}
	if h.full == nil || h.wide != nil || h.narrow != nil || h.sparse != nil {
		t.Error("narrower forms were kept")
	}
}

// The order of adding and what was taken back leave no trace in the sums.
func TestSumsForgetTheirHistory(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for round := range 50 {
		var deltas, noise []*schemas.Sums
		for range 60 + 600*(round%2) {
			deltas = append(deltas, outcome(random.IntN(2) == 0, random.Float64()))
			noise = append(noise, outcome(random.IntN(2) == 0, random.Float64()))
		}
		var straight Sums
		for _, d := range deltas {
			straight.Add(d)
		}
		mixed := append(append([]*schemas.Sums{}, deltas...), noise...)
		for _, d := range noise {
			mixed = append(mixed, negated(d))
		}
		random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		var shuffled Sums
		for _, d := range mixed {
			shuffled.Add(d)
		}
		if diff := cmp.Diff(straight.Pairs(), shuffled.Pairs()); diff != "" {
			t.Fatal(diff)
		}
		for _, name := range Names() {
			if a, b := figure(t, name, &straight, 0.95), figure(t, name, &shuffled, 0.95); a != b {
				t.Fatalf("%s is %+v one way and %+v the other", name, a, b)
			}
		}
		var merged, other Sums
		for i, d := range deltas {
			if i%2 == 0 {
				merged.Add(d)
			} else {
				other.Add(d)
			}
		}
		merged.Merge(&shuffled)
		merged.Merge(&other)
		merged.Remove(&straight)
		for _, name := range Names() {
			if a, b := figure(t, name, &straight, 0.95), figure(t, name, &merged, 0.95); a != b {
				t.Fatalf("%s is %+v added up and %+v merged", name, a, b)
			}
		}
	}
}

func TestCoverage(t *testing.T) {
	for _, c := range []struct {
		labelled, scored int64
		want             float64
	}{{0, 0, 0}, {3, 0, 0}, {3, 4, 0.75}, {4, 4, 1}} {
		if got := Coverage(c.labelled, c.scored); got != c.want {
			t.Errorf("coverage of %d of %d is %v", c.labelled, c.scored, got)
		}
	}
}

func negated(d *schemas.Sums) *schemas.Sums {
	n := *d
	n.Scored, n.Unlabelled, n.Assumed, n.Lossy, n.LossSum, n.LossSquares = -d.Scored, -d.Unlabelled, -d.Assumed, -d.Lossy, -d.LossSum, -d.LossSquares
	n.Pairs, n.Histogram = nil, nil
	for _, p := range d.Pairs {
		p.N = -p.N
		n.Pairs = append(n.Pairs, p)
	}
	for _, b := range d.Histogram {
		b.N = -b.N
		n.Histogram = append(n.Histogram, b)
	}
	return &n
}

func BenchmarkAdd(b *testing.B) {
	random := rand.New(rand.NewPCG(7, 8))
	var deltas []*schemas.Sums
	for range 1000 {
		deltas = append(deltas, outcome(random.IntN(2) == 0, random.Float64()))
	}
	var s Sums
	for b.Loop() {
		for _, d := range deltas {
			s.Add(d)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/outcome")
}

func BenchmarkAUC(b *testing.B) {
	random := rand.New(rand.NewPCG(7, 8))
	var s Sums
	for range 20000 {
		s.Add(outcome(random.IntN(2) == 0, random.Float64()))
	}
	for b.Loop() {
		if auc(&s, 0.95).Undefined != "" {
			b.Fatal("undefined")
		}
	}
}
