package tree

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkSum(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	f := randomForest(r, 500, 31, 1)
	for f.Width < 8 {
		f = randomForest(r, 500, 31, 1)
	}
	axes, _ := f.axes()
	x := make([]float64, 256*f.Width)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	for name, s := range map[string]Summer{"reference": f.Reference(), "quickscorer": newQuick(f, axes).newSummer(), "packed": newPacked(f, axes).newSummer()} {
		b.Run(name, func(b *testing.B) {
			sums := []float64{0}
			for i := 0; b.Loop(); i++ {
				at := i % 256 * f.Width
				s.Sum(sums, x[at:at+f.Width])
			}
		})
	}
}
