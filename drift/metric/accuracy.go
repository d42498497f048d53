package metric

import "hindsight/schemas"

// accuracy is the share of outcomes, by weight, whose prediction was the truth,
// with the Wilson interval.
func accuracy(s *Sums, confidence float64) schemas.Metric {
	n := s.labelled
	if n <= 0 {
		return undefined(0, Empty)
	}
	value, low, high := proportion(s.right(), s.all(), quantile(confidence))
	return schemas.Metric{Value: value, Low: low, High: high, N: n}
}
