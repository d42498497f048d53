package metric

import "hindsight/schemas"

// orphans is the share of the labels that have not found a score, be it that
// they wait for one yet, and conflicts that of those that contradict an earlier
// one, whichever of the two stands. The interval is Wilson's.
func orphans(s *Sums, confidence float64) schemas.Metric {
	return shareOfLabels(s, confidence, schemas.NoFate, schemas.Orphan)
}

func conflicts(s *Sums, confidence float64) schemas.Metric {
	return shareOfLabels(s, confidence, schemas.Revision, schemas.Conflict)
}

func shareOfLabels(s *Sums, confidence float64, of ...schemas.Fate) schemas.Metric {
	var n, k int64
	for _, f := range s.fates {
		if f.N <= 0 { // labels that began to wait before they were counted
			continue
		}
		n += f.N
		for _, fate := range of {
			if f.Fate == fate {
				k += f.N
			}
		}
	}
	if n <= 0 {
		return undefined(0, Empty)
	}
	low, high := wilson(float64(k), float64(n), quantile(confidence))
	return schemas.Metric{Value: float64(k) / float64(n), Low: low, High: high, N: n}
}
