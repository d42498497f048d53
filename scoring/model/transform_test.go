package model

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Each is within 1 ulp of the truth, so they are within 2 of one another.
func TestExpAgreesWithMathExp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		x := (random.Float64() - 0.5) * 1418 // beyond ±709 math.Exp itself gives up early on amd64
		got, want := exp(x), math.Exp(x)
		if math.Abs(got-want) > 2*ulp(want) {
			t.Fatalf("exp(%v) = %v, math.Exp says %v", x, got, want)
		}
	}
}

func ulp(v float64) float64 {
	if math.IsInf(v, 0) {
		return 0
	}
	return math.Nextafter(v, math.Inf(1)) - v
}

func TestExpAtItsEdges(t *testing.T) {
	tests := []struct{ x, want float64 }{
		{0, 1}, {math.Copysign(0, -1), 1}, {1, math.E}, {-1e-300, 1},
		{709.7, 1.6549840276802644e+308}, {710, math.Inf(1)}, {math.Inf(1), math.Inf(1)},
		{-746, 0}, {math.Inf(-1), 0}, {-745, 5e-324},
	}
	for _, test := range tests {
		if got := exp(test.x); got != test.want {
			t.Errorf("exp(%v) = %v, want %v", test.x, got, test.want)
		}
	}
	if got := exp(math.NaN()); got == got {
		t.Errorf("exp(NaN) = %v", got)
	}
}

// The bits are part of the promise that a replay elsewhere gives the same scores.
func TestExpKeepsItsBits(t *testing.T) {
	tests := map[float64]uint64{0.1: 0x3ff1aec7b35a00d4, -2.5: 0x3fb50385c094f424, 20: 0x41bceb088b68e804}
	for x, want := range tests {
		if got := math.Float64bits(exp(x)); got != want {
			t.Errorf("exp(%v) has the bits %#x, want %#x", x, got, want)
		}
	}
}

func TestSigmoid(t *testing.T) {
	tests := []struct{ x, want, tolerance float64 }{
		{0, 0.5, 0},
		{1000, 1, 0},
		{-1000, 0, 0},
		{-700, 9.859676543759770e-305, 1e-318},
		{2, 0.8807970779778823, 1e-16},
	}
	for _, test := range tests {
		if got := Sigmoid(test.x); math.Abs(got-test.want) > test.tolerance {
			t.Errorf("Sigmoid(%v) = %v, want %v", test.x, got, test.want)
		}
	}
}

func TestSoftmax(t *testing.T) {
	tests := []struct{ raw, want []float64 }{
		{[]float64{0, 0}, []float64{0.5, 0.5}},
		{[]float64{1e308, 1e308, -1e308}, []float64{0.5, 0.5, 0}},
		{[]float64{1, 2, 3}, []float64{0.09003057317038046, 0.24472847105479767, 0.6652409557748219}},
	}
	for _, test := range tests {
		out := make([]float64, len(test.raw))
		Softmax(out, test.raw)
		for i, got := range out {
			if math.Abs(got-test.want[i]) > 2e-16 {
				t.Errorf("Softmax(%v) = %v, want %v", test.raw, out, test.want)
				break
			}
		}
	}
}
