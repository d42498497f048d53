package metric

import "hindsight/schemas"

// accuracy is the share of outcomes whose prediction was the truth, with the
// Wilson interval.
func accuracy(s *Sums, confidence float64) schemas.Metric {
	n := s.labelled
	if n <= 0 {
		return undefined(0, Empty)
	}
	var right int64
	for _, p := range s.pairs {
		if p.Truth == p.Prediction {
			right += p.N
		}
	}
	low, high := wilson(float64(right), float64(n), quantile(confidence))
	return schemas.Metric{Value: float64(right) / float64(n), Low: low, High: high, N: n}
}
