package metric

import "hindsight/schemas"

// accuracyLowest is the accuracy if every score without a truth were wrong, and
// accuracyHighest if every one were right: nothing is assumed of the missing
// labels, so the accuracy of all scores lies between them (Manski 1989, J. Human
// Resources 24:343). Their intervals are Wilson's over all scores; N is the
// outcomes with a truth.
func accuracyLowest(s *Sums, confidence float64) schemas.Metric { return bound(s, 0, confidence) }

func accuracyHighest(s *Sums, confidence float64) schemas.Metric {
	return bound(s, max(0, s.Scored-s.labelled), confidence)
}

// bound counts so many of the missing as right.
func bound(s *Sums, right int64, confidence float64) schemas.Metric {
	all := max(s.Scored, s.labelled)
	if all <= 0 {
		return undefined(0, Empty)
	}
	for _, p := range s.pairs {
		if p.Truth == p.Prediction {
			right += p.N
		}
	}
	low, high := wilson(float64(right), float64(all), quantile(confidence))
	return schemas.Metric{Value: float64(right) / float64(all), Low: low, High: high, N: s.labelled}
}
