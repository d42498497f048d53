package scoring

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

const (
	maxProximalParameters = 2000 // the matrix of second derivatives is formed
	maxSweeps             = 1000 // of coordinate descent over one quadratic
	sweepGoal             = 1e-6 // how small the changes of a sweep become against those of the first
	sufficientDecrease    = 1e-4 // of what the quadratic promises (Armijo)
	maxHalvings           = 40
)

// proximalNewton minimises value(w) + sum of l1[j]*|w[j]| from zero: each step
// minimises the penalty plus the quadratic that fits the rest at w, by cyclic
// coordinate descent with soft thresholds, and is halved until the objective
// falls enough. It is the algorithm newGLMNET without shrinking (Yuan, Ho and
// Lin, JMLR 13, 2012; Lee, Sun and Saunders, SIAM J. Optim. 24, 2014), exact in
// that parameters reach 0 and stay there. It is deterministic.
func proximalNewton(o *objective) (w []float64, iterations int) {
	n := o.parameters()
	w = make([]float64, n)
	gradient, step, next := make([]float64, n), make([]float64, n), make([]float64, n)
	hessian := mat.NewSymDense(n, nil)
	current := o.value(w) + o.penalty(w)
	for iterations < maxIterations {
		iterations++
		o.gradient(gradient, w)
		left := o.subgradient(w, gradient)
		if left <= gradientGoal {
			break
		}
		o.hessian(hessian, w)
		o.descend(step, w, gradient, hessian)
		promised := o.promised(w, step, gradient)
		fell := false
		for scale, halvings := 1.0, 0; halvings < maxHalvings && promised < 0; scale, halvings = scale/2, halvings+1 {
			for j := range next {
				next[j] = w[j] + float64(scale*step[j])
			}
			if value := o.value(next) + o.penalty(next); value <= current+sufficientDecrease*scale*promised {
				fell = value < current
				current = value
				copy(w, next)
				break
			}
		}
		if !fell { // as far as the sum's last bits tell; the gradient may tell more
			for j := range next {
				next[j] = w[j] + step[j]
			}
			o.gradient(gradient, next)
			if !(o.subgradient(next, gradient) < left) {
				break
			}
			copy(w, next)
			current = o.value(w) + o.penalty(w)
		}
	}
	return w, iterations
}

// penalty returns sum of l1 * |w|.
func (o *objective) penalty(w []float64) float64 {
	sum := 0.0
	for j, v := range w {
		sum += float64(o.l1At(j) * math.Abs(v))
	}
	return sum
}

// promised returns how much the step changes the linearised objective.
func (o *objective) promised(w, step, gradient []float64) float64 {
	sum := 0.0
	for j, d := range step {
		sum += float64(gradient[j]*d) + float64(o.l1At(j)*(math.Abs(w[j]+d)-math.Abs(w[j])))
	}
	return sum
}

// subgradient returns the largest entry of the subgradient of least norm: 0 at the minimum.
func (o *objective) subgradient(w, gradient []float64) float64 {
	largest := 0.0
	for j, g := range gradient {
		l1 := o.l1At(j)
		switch {
		case w[j] > 0:
			g += l1
		case w[j] < 0:
			g -= l1
		default:
			g = soft(g, l1)
		}
		largest = max(largest, math.Abs(g))
		if g != g {
			return math.Inf(1)
		}
	}
	return largest
}

// descend writes to step the minimum over d of gradient·d + d'Hd/2 + sum of l1*|w+d|.
func (o *objective) descend(step, w, gradient []float64, hessian *mat.SymDense) {
	n := len(step)
	whole := mat.DenseCopyOf(hessian).RawMatrix() // rows are columns: it is symmetric
	clear(step)
	slope := append([]float64(nil), gradient...) // gradient + H·step
	first := 0.0
	for sweep := range maxSweeps {
		largest := 0.0
		for j := range n {
			row := whole.Data[j*whole.Stride : j*whole.Stride+n]
			curvature, at := row[j], w[j]+step[j]
			target := 0.0 // of a column without a value, which nothing but the penalty moves
			if curvature > 0 {
				target = soft(float64(curvature*at)-slope[j], o.l1At(j)) / curvature
			}
			change := target - at
			if change == 0 {
				continue
			}
			step[j] += change
			if target == 0 {
				step[j] = -w[j] // exactly
			}
			for k, h := range row {
				slope[k] += float64(h * change)
			}
			largest = max(largest, math.Abs(change)*math.Sqrt(curvature))
		}
		if sweep == 0 {
			first = largest
		}
		if largest <= sweepGoal*first {
			break
		}
	}
}

// soft moves v towards 0 by threshold, and not beyond.
func soft(v, threshold float64) float64 {
	switch {
	case v > threshold:
		return v - threshold
	case v < -threshold:
		return v + threshold
	}
	return 0
}
