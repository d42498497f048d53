package metric

import "hindsight/schemas"

// coverage is the share of the scores whose truth is known and not assumed,
// with the Wilson interval: what a rule on the label feed judges.
func coverage(s *Sums, confidence float64) schemas.Metric {
	n := s.Scored
	if n <= 0 {
		return undefined(0, Empty)
	}
	known := min(max(s.labelled-s.Assumed, 0), n)
	low, high := wilson(float64(known), float64(n), quantile(confidence))
	return schemas.Metric{Value: float64(known) / float64(n), Low: low, High: high, N: n}
}
