package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// randomLinear makes a model of some width with one-hot blocks in it.
func randomLinear(random *rand.Rand) (*LinearModel, []Block) {
	kinds := []Objective{Linear, Logistic, Multinomial}
	m := &LinearModel{Objective: kinds[random.IntN(3)]}
	rows := 1
	switch m.Objective {
	case Logistic:
		m.ClassNames = []string{"0", "1"}
	case Multinomial:
		m.ClassNames = []string{"a", "b", "c"}
		rows = 3
	}
	var blocks []Block
	width := 0
	for range 1 + random.IntN(6) {
		if random.IntN(2) == 0 {
			width += 1 + random.IntN(4)
			continue
		}
		n := 1 + random.IntN(5)
		blocks = append(blocks, Block{width, n})
		width += n
	}
	for i := range width {
		m.FeatureNames = append(m.FeatureNames, fmt.Sprint("f", i))
	}
	number := func() float64 {
		switch random.IntN(8) {
		case 0:
			return 0
		case 1:
			return math.Copysign(0, -1)
		case 2:
			return random.NormFloat64() * 1e150
		}
		return random.NormFloat64()
	}
	for range rows {
		coef := make([]float64, width)
		for i := range coef {
			coef[i] = number()
		}
		m.Coef = append(m.Coef, coef)
		m.Intercept = append(m.Intercept, number())
	}
	if random.IntN(2) == 0 {
		for range width {
			m.Mean = append(m.Mean, 0)
			m.Scale = append(m.Scale, 1)
		}
		for i := range width {
			if random.IntN(3) == 0 {
				m.Mean[i], m.Scale[i] = random.NormFloat64(), 1+random.Float64()
			}
		}
	}
	return m, blocks
}

func randomRow(random *rand.Rand, width int, blocks []Block) Row {
	row := Row{X: make([]float64, width), Hot: make([]int32, len(blocks))}
	for i := range row.X {
		row.X[i] = random.NormFloat64()
		if random.IntN(4) == 0 {
			row.X[i] = math.Copysign(0, -1)
		}
	}
	for i, b := range blocks {
		clear(row.X[b.Start : b.Start+b.Len])
		row.Hot[i] = -1
		if k := random.IntN(b.Len + 1); k < b.Len {
			row.Hot[i] = int32(b.Start + k)
			row.X[b.Start+k] = 1
		}
	}
	return row
}

func TestFastLinearHasTheBitsOfTheReference(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for trial := range 3000 {
		m, blocks := randomLinear(random)
		if err := m.Validate(); err != nil {
			t.Fatal(err)
		}
		reference, fast := m.Reference(), m.Fast(blocks)
		n := m.Outputs()
		for range 5 {
			row := randomRow(random, len(m.FeatureNames), blocks)
			raw, out := make([]float64, n), make([]float64, n)
			fastRaw, fastOut := make([]float64, n), make([]float64, n)
			reference.Evaluate(raw, out, row)
			fast.Evaluate(fastRaw, fastOut, row)
			if !sameBits(raw, fastRaw) || !sameBits(out, fastOut) {
				t.Fatalf("trial %d: reference %v %v, fast %v %v\n%+v\n%+v", trial, raw, out, fastRaw, fastOut, m, row)
			}
		}
	}
}

func sameBits(a, b []float64) bool {
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) && (a[i] == a[i] || b[i] == b[i]) {
			return false
		}
	}
	return true
}

func TestLinearIsTheFormula(t *testing.T) {
	m := &LinearModel{
		Objective: Linear, FeatureNames: []string{"a", "b"},
		Coef: [][]float64{{2, -3}}, Intercept: []float64{0.5},
		Mean: []float64{1, 10}, Scale: []float64{2, 5},
	}
	raw, out := []float64{0}, []float64{0}
	m.Reference().Evaluate(raw, out, Row{X: []float64{5, 20}})
	if want := 0.5 + 2*(5-1)/2.0 - 3*(20-10)/5.0; out[0] != want || raw[0] != want {
		t.Errorf("got %v and %v, want %v", raw[0], out[0], want)
	}
}

func TestFastLinearDoesNotAllocate(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	m, blocks := randomLinear(random)
	for m.Objective != Multinomial || m.Mean == nil {
		m, blocks = randomLinear(random)
	}
	row := randomRow(random, len(m.FeatureNames), blocks)
	raw, out, fast := make([]float64, 3), make([]float64, 3), m.Fast(blocks)
	if n := testing.AllocsPerRun(100, func() { fast.Evaluate(raw, out, row) }); n != 0 {
		t.Errorf("%v allocations a row", n)
	}
}
