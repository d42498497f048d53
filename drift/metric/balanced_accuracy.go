package metric

import (
	"math"

	"hindsight/schemas"
)

// balancedAccuracy is the mean recall over the classes that occur as truths.
// Its interval joins the Wilson intervals of the recalls by the method of
// variance estimates recovery (MOVER; Zou & Donner 2008, Statist. Med.
// 27:1693), which is the delta method with a separate variance for each side
// and does not collapse where a recall is 0 or 1. With a single class there is
// nothing to balance: it is undefined.
func balancedAccuracy(s *Sums, confidence float64) schemas.Metric {
	n := s.labelled
	if n <= 0 {
		return undefined(0, Empty)
	}
	z := quantile(confidence)
	var classes, value, below, above float64
	for i := 0; i < len(s.pairs); {
		truth := s.pairs[i].Truth
		from := i
		for i < len(s.pairs) && s.pairs[i].Truth == truth {
			i++
		}
		all := counted(s.pairs[from:i], s.weights, func(t, _ string) bool { return t == truth })
		right := counted(s.pairs[from:i], s.weights, func(t, p string) bool { return t == truth && p == truth })
		if all.n <= 0 {
			continue
		}
		recall, low, high := proportion(right, all, z)
		classes++
		value += recall
		below += (recall - low) * (recall - low)
		above += (high - recall) * (high - recall)
	}
	if classes < 2 {
		return undefined(n, OneClass)
	}
	value /= classes
	return schemas.Metric{
		Value: value,
		Low:   max(0, value-math.Sqrt(below)/classes),
		High:  min(1, value+math.Sqrt(above)/classes),
		N:     n,
	}
}
