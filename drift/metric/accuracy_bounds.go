package metric

import "hindsight/schemas"

// accuracyLowest is the accuracy if every score without a truth were wrong, and
// accuracyHighest if every one were right: nothing is assumed of the missing
// labels, so the accuracy of all scores lies between them (Manski 1989, J. Human
// Resources 24:343). Their intervals are Wilson's over all scores; N is the
// outcomes with a truth. What a missing label would weigh is not known, so that
// every score counts once: by weight there would be no bound.
func accuracyLowest(s *Sums, confidence float64) schemas.Metric { return bound(s, 0, confidence) }

func accuracyHighest(s *Sums, confidence float64) schemas.Metric {
	return bound(s, max(0, s.Scored-s.labelled), confidence)
}

// bound counts so many of the missing as right.
func bound(s *Sums, missing int64, confidence float64) schemas.Metric {
	right, all := mass{n: s.right().n + missing}, mass{n: max(s.Scored, s.labelled)}
	if all.n <= 0 {
		return undefined(0, Empty)
	}
	value, low, high := proportion(right, all, quantile(confidence))
	return schemas.Metric{Value: value, Low: low, High: high, N: s.labelled}
}
