package scoring

import (
	"fmt"
	"strconv"

	"gonum.org/v1/gonum/optimize"

	"hindsight/scoring/model"
)

// solution is the minimum of a training objective.
type solution struct {
	coef       [][]float64
	intercept  []float64
	iterations int
}

const (
	newtonLimit      = 400  // parameters up to which the Hessian is formed
	maxIterations    = 2000 // of either method
	gradientGoal     = 1e-12
	gradientAccepted = 1e-7 // where the line search finds nothing smaller
	keptDigits       = 12   // of coefficients: the rest is noise of the optimiser
)

// minimise fits a linear model by Newton's method, by L-BFGS where there are
// many parameters, or by the proximal Newton method where |coef| is penalised,
// from zero; all are deterministic. The coefficients are
// rounded to 12 significant digits, so that another platform's last bits do
// not change the file.
func minimise(set *trainingSet, kind model.Objective, classes int, l1, l2 float64) (*solution, error) {
	o := newObjective(set, kind, classes, l1, l2)
	w, iterations, err := o.minimum()
	if err != nil {
		return nil, err
	}
	gradient := make([]float64, o.parameters())
	o.gradient(gradient, w)
	if largest := o.subgradient(w, gradient); !(largest <= gradientAccepted) {
		return nil, fmt.Errorf("training did not converge in %d iterations (gradient %.2g); scale the numbers or raise train.l2",
			iterations, largest)
	}
	coef, intercept := o.coefficients(w)
	for _, row := range append(coef, intercept) {
		for i, v := range row {
			row[i] = roundDigits(v)
		}
	}
	return &solution{coef, intercept, iterations}, nil
}

func (o *objective) minimum() (w []float64, iterations int, err error) {
	if o.l1 > 0 {
		if n := o.parameters(); n > maxProximalParameters {
			return nil, 0, fmt.Errorf("train.l1 takes at most %d coefficients, this model has %d; use train.l2, or fewer levels", maxProximalParameters, n)
		}
		w, iterations = proximalNewton(o)
		return w, iterations, nil
	}
	problem := optimize.Problem{Func: o.value, Grad: o.gradient}
	var method optimize.Method = &optimize.LBFGS{GradStopThreshold: gradientGoal}
	if o.parameters() <= newtonLimit {
		problem.Hess = o.hessian
		method = &optimize.Newton{GradStopThreshold: gradientGoal}
	}
	settings := &optimize.Settings{Converger: optimize.NeverTerminate{}, MajorIterations: maxIterations}
	result, err := optimize.Minimize(problem, make([]float64, o.parameters()), settings, method)
	if result == nil {
		return nil, 0, fmt.Errorf("training failed: %w", err)
	}
	return result.X, result.MajorIterations, nil
}

func roundDigits(v float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', keptDigits, 64), 64)
	if err != nil {
		return v
	}
	return rounded
}
