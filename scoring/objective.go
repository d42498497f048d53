package scoring

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"hindsight/scoring/model"
)

// objective is the penalised loss of a linear model over a training set,
//
//	sum of losses + l1 * |coef| + l2/2 * |coef|², divided by the number of rows,
//
// which has scikit-learn's minimum for C = 1/l2 (Ridge: alpha = l2; penalty l1:
// C = 1/l1; Lasso: alpha = l1 / rows). The
// parameters are those of columns brought to a root mean square of 1, so that
// one threshold for the gradient suits all data.
//
// A softmax is the same whatever vector is added to all its rows. The term
// |sum of the rows|²/2 picks the centred one, where the penalty's minimum lies anyway.
type objective struct {
	set   *trainingSet
	kind  model.Objective
	sums  int       // rows of coefficients
	l2    float64   // divided by the number of rows
	l1    float64   // likewise; of |coef|, kept out of value, gradient and hessian
	unit  []float64 // root mean square per column; 1 for the intercept, which is last
	yUnit float64   // of the targets of a regression
	z     []float64 // scratch, one per sum
}

func newObjective(set *trainingSet, kind model.Objective, classes int, l1, l2 float64) *objective {
	n := float64(set.rows())
	o := &objective{set: set, kind: kind, sums: 1, l1: l1 / n, l2: l2 / n, yUnit: 1, unit: make([]float64, set.width+1)}
	if kind == model.Multinomial {
		o.sums = classes
	}
	o.z = make([]float64, o.sums)
	for i, v := range set.values {
		o.unit[set.columns[i]] += float64(v * v)
	}
	for j, squares := range o.unit {
		o.unit[j] = math.Sqrt(squares / n)
		if squares == 0 {
			o.unit[j] = 1
		}
	}
	squares := 0.0
	for _, y := range set.targets {
		squares += float64(y * y)
	}
	if squares > 0 {
		o.yUnit = math.Sqrt(squares / n)
	}
	return o
}

func (o *objective) stride() int     { return o.set.width + 1 }
func (o *objective) parameters() int { return o.sums * o.stride() }

// scores fills o.z with the sums of row i under w.
func (o *objective) scores(w []float64, columns []int32, values []float64) {
	for k := range o.z {
		part := w[k*o.stride():]
		z := part[o.set.width]
		for j, c := range columns {
			z += float64(part[c] * float64(values[j]/o.unit[c]))
		}
		o.z[k] = z
	}
}

// value returns the objective at w.
func (o *objective) value(w []float64) float64 {
	loss := 0.0
	for i := range o.set.rows() {
		columns, values := o.set.row(i)
		o.scores(w, columns, values)
		loss += o.loss(i)
	}
	loss /= float64(o.set.rows())
	for at, v := range w {
		if j := at % o.stride(); j < o.set.width {
			v /= o.unit[j]
			loss += o.l2 / 2 * float64(v*v)
		}
	}
	for j := range o.stride() {
		if o.centred(j) {
			total := o.total(w, j)
			loss += float64(total*total) / 2
		}
	}
	return loss
}

// loss returns the loss of row i, whose sums are in o.z.
func (o *objective) loss(i int) float64 {
	switch o.kind {
	case model.Linear:
		d := o.z[0] - o.set.targets[i]/o.yUnit
		return float64(d*d) / 2
	case model.Logistic:
		z := o.z[0]
		if o.set.classes[i] == 1 {
			z = -z
		}
		return max(z, 0) + math.Log1p(math.Exp(-math.Abs(z)))
	}
	largest := o.z[0]
	for _, z := range o.z {
		largest = max(largest, z)
	}
	sum := 0.0
	for _, z := range o.z {
		sum += math.Exp(z - largest)
	}
	return math.Log(sum) + largest - o.z[o.set.classes[i]]
}

// centred tells whether column j has the term that picks the centred of equal
// softmaxes. Where |coef| is penalised, that decides between them.
func (o *objective) centred(j int) bool { return o.sums > 1 && (o.l1 == 0 || j == o.set.width) }

// l1At returns the weight of |w[at]|, of parameters in their units; 0 of an intercept.
func (o *objective) l1At(at int) float64 {
	j := at % o.stride()
	if j == o.set.width {
		return 0
	}
	return o.l1 / (o.unit[j] * o.yUnit)
}

// total returns the sum over the rows of column j.
func (o *objective) total(w []float64, j int) float64 {
	sum := 0.0
	for k := range o.sums {
		sum += w[k*o.stride()+j]
	}
	return sum
}

// answer replaces o.z by predictions.
func (o *objective) answer() {
	switch o.kind {
	case model.Logistic:
		o.z[0] = model.Sigmoid(o.z[0])
	case model.Multinomial:
		model.Softmax(o.z, o.z)
	}
}

// residual returns prediction minus truth of row i for sum k, after answer.
func (o *objective) residual(i, k int) float64 {
	switch {
	case o.kind == model.Linear:
		return o.z[0] - o.set.targets[i]/o.yUnit
	case o.kind == model.Logistic && o.set.classes[i] == 1, o.kind == model.Multinomial && o.set.classes[i] == k:
		return o.z[k] - 1
	}
	return o.z[k]
}

// gradient writes the gradient at w to g.
func (o *objective) gradient(g, w []float64) {
	clear(g)
	for i := range o.set.rows() {
		columns, values := o.set.row(i)
		o.scores(w, columns, values)
		o.answer()
		for k := range o.sums {
			r := o.residual(i, k)
			part := g[k*o.stride():]
			for j, c := range columns {
				part[c] += float64(r * float64(values[j]/o.unit[c]))
			}
			part[o.set.width] += r
		}
	}
	n := float64(o.set.rows())
	for at := range g {
		g[at] /= n
		j := at % o.stride()
		if j < o.set.width {
			g[at] += float64(o.l2*w[at]) / (o.unit[j] * o.unit[j])
		}
		if o.centred(j) {
			g[at] += o.total(w, j)
		}
	}
}

// hessian writes the matrix of second derivatives at w to h.
func (o *objective) hessian(h *mat.SymDense, w []float64) {
	h.Zero()
	n := float64(o.set.rows())
	for i := range o.set.rows() {
		columns, values := o.set.row(i)
		o.scores(w, columns, values)
		o.answer()
		for a := range o.sums {
			for b := a; b < o.sums; b++ {
				o.addProducts(h, a, b, o.curvature(a, b)/n, columns, values)
			}
		}
	}
	for at := range o.parameters() {
		j := at % o.stride()
		if j < o.set.width {
			h.SetSym(at, at, h.At(at, at)+o.l2/(o.unit[j]*o.unit[j]))
		}
		if o.centred(j) {
			for b := at / o.stride(); b < o.sums; b++ {
				to := b*o.stride() + j
				h.SetSym(at, to, h.At(at, to)+1)
			}
		}
	}
}

// curvature is the second derivative of a row's loss by the sums a and b.
func (o *objective) curvature(a, b int) float64 {
	switch {
	case o.kind == model.Linear:
		return 1
	case a == b:
		return float64(o.z[a] * (1 - o.z[a]))
	}
	return -float64(o.z[a] * o.z[b])
}

// addProducts adds curvature * x xᵀ, x with its 1 for the intercept, to block (a, b).
func (o *objective) addProducts(h *mat.SymDense, a, b int, curvature float64, columns []int32, values []float64) {
	data, row, col := h.RawSymmetric().Data, a*o.stride(), b*o.stride()
	stride := h.RawSymmetric().Stride
	for j := range len(columns) + 1 {
		at, v := o.entry(j, columns, values)
		v *= curvature
		first := 0
		if a == b {
			first = j // gonum keeps the upper triangle
		}
		for l := first; l <= len(columns); l++ {
			to, u := o.entry(l, columns, values)
			data[(row+at)*stride+col+to] += float64(v * u)
		}
	}
}

// entry returns the j-th entry of a row in units, the intercept's 1 after the last.
func (o *objective) entry(j int, columns []int32, values []float64) (int, float64) {
	if j == len(columns) {
		return o.set.width, 1
	}
	c := columns[j]
	return int(c), values[j] / o.unit[c]
}

// coefficients brings parameters back to the columns as they are.
func (o *objective) coefficients(w []float64) (coef [][]float64, intercept []float64) {
	for k := range o.sums {
		part := w[k*o.stride() : (k+1)*o.stride()]
		row := make([]float64, o.set.width)
		for j := range row {
			row[j] = part[j] / o.unit[j] * o.yUnit
		}
		coef = append(coef, row)
		intercept = append(intercept, part[o.set.width]*o.yUnit)
	}
	return coef, intercept
}
