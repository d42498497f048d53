package metric

import "hindsight/schemas"

// mass is outcomes and what the weights of their labels add to their number.
type mass struct {
	n              int64
	extra, squares int64 // in 1/schemas.WeightScale, 1/schemas.SquareScale
}

func (m *mass) addPair(p *schemas.PairWeight) {
	m.extra += int64(p.Extra)
	m.squares += p.Squares
}

// weight is how much the outcomes count together: their number where none has a weight.
func (m mass) weight() float64 {
	return float64(m.n*schemas.WeightScale+m.extra) / schemas.WeightScale
}

// effective is how many outcomes of equal weights say as much (Kish 1965, Survey
// Sampling, 11.7): (Σw)²/Σw².
func (m mass) effective() float64 {
	if m.extra == 0 && m.squares == 0 {
		return float64(m.n)
	}
	w := m.weight()
	return w * w / (float64(m.n*schemas.SquareScale+m.squares) / schemas.SquareScale)
}

// proportion is the share of the weight of all that part has, with the Wilson
// interval of as many trials as all is effectively.
func proportion(part, all mass, z float64) (value, low, high float64) {
	n, of := all.effective(), all.weight()
	value = part.weight() / of
	low, high = wilson(part.weight()*(n/of), n, z)
	return value, low, high
}
