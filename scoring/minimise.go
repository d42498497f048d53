package scoring

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/gonum/floats"
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

// minimise fits a linear model by Newton's method, or by L-BFGS where there
// are many parameters, from zero; both are deterministic. The coefficients are
// rounded to 12 significant digits, so that another platform's last bits do
// not change the file.
func minimise(set *trainingSet, kind model.Objective, classes int, l2 float64) (*solution, error) {
	o := newObjective(set, kind, classes, l2)
	problem := optimize.Problem{Func: o.value, Grad: o.gradient}
	var method optimize.Method = &optimize.LBFGS{GradStopThreshold: gradientGoal}
	if o.parameters() <= newtonLimit {
		problem.Hess = o.hessian
		method = &optimize.Newton{GradStopThreshold: gradientGoal}
	}
	settings := &optimize.Settings{Converger: optimize.NeverTerminate{}, MajorIterations: maxIterations}
	result, err := optimize.Minimize(problem, make([]float64, o.parameters()), settings, method)
	if result == nil {
		return nil, fmt.Errorf("training failed: %w", err)
	}
	gradient := make([]float64, o.parameters())
	o.gradient(gradient, result.X)
	if largest := floats.Norm(gradient, math.Inf(1)); !(largest <= gradientAccepted) {
		return nil, fmt.Errorf("training did not converge in %d iterations (gradient %.2g); scale the numbers or raise train.l2",
			result.MajorIterations, largest)
	}
	coef, intercept := o.coefficients(result.X)
	for _, row := range append(coef, intercept) {
		for i, v := range row {
			row[i] = roundDigits(v)
		}
	}
	return &solution{coef, intercept, result.MajorIterations}, nil
}

func roundDigits(v float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', keptDigits, 64), 64)
	if err != nil {
		return v
	}
	return rounded
}
