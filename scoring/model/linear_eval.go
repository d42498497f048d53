package model

// Reference returns the evaluator that does what LinearModel's formula says.
func (m *LinearModel) Reference() Evaluator { return &linearReference{m} }

// linearReference adds up every product, zeros included.
type linearReference struct{ m *LinearModel }

func (e *linearReference) Evaluate(raw, out []float64, row Row) {
	for r, coef := range e.m.Coef {
		z := e.m.Intercept[r] + 0 // -0 becomes 0
		for i, c := range coef {
			x := row.X[i]
			if len(e.m.Mean) > 0 {
				x = (x - e.m.Mean[i]) / e.m.Scale[i]
			}
			z += float64(c * x)
		}
		raw[r] = z
	}
	e.m.transform(out, raw)
}

// transform applies the inverse link of the objective.
func (m *LinearModel) transform(out, raw []float64) {
	switch m.Objective {
	case Logistic:
		out[0] = Sigmoid(raw[0])
	case Multinomial:
		Softmax(out, raw)
	default:
		copy(out, raw)
	}
}

// Fast returns an evaluator that adds one coefficient per one-hot block. Its
// bits are the Reference's: a product with 1 is exact, and adding ±0 changes a
// sum only if that is -0, which no sum here ever is (it starts at +0 or at a
// number, and under round to nearest -0 is the sum of two -0 alone).
func (m *LinearModel) Fast(blocks []Block) Evaluator {
	e := &linearFast{m: m, runs: make([]run, 0, len(blocks)+1)}
	at := 0
	for i, b := range blocks {
		if !m.isPlain(b) {
			continue // its zeros are not zeros once they are standardised: dense
		}
		e.runs = append(e.runs, run{at, b.Start, i})
		at = b.Start + b.Len
	}
	if width := len(m.FeatureNames); at < width {
		e.runs = append(e.runs, run{at, width, -1})
	}
	return e
}

// isPlain reports whether m leaves the features of b as they are.
func (m *LinearModel) isPlain(b Block) bool {
	if len(m.Mean) == 0 {
		return true
	}
	for i := b.Start; i < b.Start+b.Len; i++ {
		if m.Mean[i] != 0 || m.Scale[i] != 1 {
			return false
		}
	}
	return true
}

// run is the dense features [start, end) and the block after them, -1 for none.
type run struct{ start, end, block int }

type linearFast struct {
	m    *LinearModel
	runs []run
}

func (e *linearFast) Evaluate(raw, out []float64, row Row) {
	m := e.m
	standardised := len(m.Mean) > 0
	for r, coef := range m.Coef {
		z := m.Intercept[r] + 0
		for _, run := range e.runs {
			c, x := coef[run.start:run.end], row.X[run.start:run.end]
			if standardised {
				z = addStandardised(z, c, x, m.Mean[run.start:run.end], m.Scale[run.start:run.end])
			} else {
				z = addProducts(z, c, x)
			}
			if run.block >= 0 {
				if hot := row.Hot[run.block]; hot >= 0 {
					z += coef[hot]
				}
			}
		}
		raw[r] = z
	}
	m.transform(out, raw)
}

// addProducts adds c·x to z in order. The conversions keep a platform with
// fused multiply-add from rounding once where others round twice.
func addProducts(z float64, c, x []float64) float64 {
	x = x[:len(c)]
	for i, c := range c {
		z += float64(c * x[i])
	}
	return z
}

func addStandardised(z float64, c, x, mean, scale []float64) float64 {
	x, mean, scale = x[:len(c)], mean[:len(c)], scale[:len(c)]
	for i, c := range c {
		z += float64(c * ((x[i] - mean[i]) / scale[i]))
	}
	return z
}
