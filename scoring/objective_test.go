package scoring

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"

	"hindsight/scoring/model"
)

// The gradient and the Hessian have to be those of the value.
func TestObjectiveDerivatives(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	classesOf := map[model.Objective]int{model.Linear: 1, model.Logistic: 2, model.Multinomial: 3}
	for i, kind := range []model.Objective{model.Linear, model.Logistic, model.Multinomial, model.Multinomial} {
		classes, l1 := classesOf[kind], float64(i%2) // of l1 only the centring knows
		set := &trainingSet{width: 4, start: []int{0}}
		for range 30 {
			for c := range int32(4) {
				if random.IntN(2) == 0 {
					set.columns = append(set.columns, c)
					set.values = append(set.values, random.NormFloat64()*5)
				}
			}
			set.start = append(set.start, len(set.columns))
			set.classes = append(set.classes, random.IntN(classes))
			set.targets = append(set.targets, random.NormFloat64()*9)
		}
		o := newObjective(set, kind, classes, l1, 0.7)
		w := make([]float64, o.parameters())
		for i := range w {
			w[i] = random.NormFloat64()
		}
		gradient := make([]float64, len(w))
		o.gradient(gradient, w)
		for i, want := range fd.Gradient(nil, o.value, w, &fd.Settings{Formula: fd.Central}) {
			if math.Abs(gradient[i]-want) > 1e-6 {
				t.Errorf("%s: gradient %d is %v, by differences %v", kind, i, gradient[i], want)
			}
		}
		hessian := mat.NewSymDense(len(w), nil)
		o.hessian(hessian, w)
		want := mat.NewDense(len(w), len(w), nil)
		fd.Jacobian(want, o.gradient, w, &fd.JacobianSettings{Formula: fd.Central})
		for i := range w {
			for j := range w {
				if math.Abs(hessian.At(i, j)-want.At(i, j)) > 1e-6 {
					t.Errorf("%s: hessian %d,%d is %v, by differences %v", kind, i, j, hessian.At(i, j), want.At(i, j))
				}
			}
		}
	}
}
