package metric

import (
	"math"

	"hindsight/schemas"
)

// auc is the area under the ROC curve of the binned scores: the chance that a
// positive outcome scores above a negative one, ties counted ½.
//
// The interval is DeLong's (DeLong, DeLong & Clarke-Pearson 1988, Biometrics
// 44:837) on the binned scores, widened on either side by what binning can
// have moved the value: half the chance that a positive and a negative share
// a bin, because only such pairs are counted ½ that may be 0 or 1. The area of
// the unbinned scores, as scikit-learn computes it, therefore always lies
// inside. With scores spread over the 1024 bins the widening is about 0.0005
// to 0.002; it reaches ½ where all scores share one bin.
//
// Where the scores separate the classes perfectly, DeLong's variance is zero
// and says nothing; there the interval is Wilson's with the rarer class as the
// number of trials.
func auc(s *Sums, confidence float64) schemas.Metric {
	if s.labelled <= 0 {
		return undefined(0, Empty)
	}
	var counts [slots]int64
	s.histogram.load(&counts)
	var positives, negatives int64
	for i := 0; i < slots; i += 2 {
		negatives += counts[i]
		positives += counts[i+1]
	}
	n := positives + negatives
	switch {
	case n <= 0:
		return undefined(0, NoProbability)
	case positives <= 0 || negatives <= 0:
		return undefined(n, OneClass)
	case positives == 1 || negatives == 1:
		return undefined(n, TooFew)
	}
	value, variance, shared := delong(&counts, float64(positives), float64(negatives))
	z := quantile(confidence)
	half := z * math.Sqrt(variance)
	low, high := value-half, value+half
	if variance == 0 {
		rarer := float64(min(positives, negatives))
		low, high = wilson(value*rarer, rarer, z)
	}
	return schemas.Metric{Value: value, Low: max(0, low-shared/2), High: min(1, high+shared/2), N: n}
}

// delong returns the area, its variance, and the chance that a positive and a
// negative share a bin, in one pass for the area and one for the variance.
func delong(counts *[slots]int64, positives, negatives float64) (area, variance, shared float64) {
	var below float64 // negatives in lower bins
	for i := 0; i < slots; i += 2 {
		negative, positive := float64(counts[i]), float64(counts[i+1])
		area += positive * (below + negative/2)
		shared += positive * negative
		below += negative
	}
	area /= positives * negatives
	shared /= positives * negatives

	var ofPositives, ofNegatives float64 // squared deviations of the placements
	var negativesBelow, positivesBelow float64
	for i := 0; i < slots; i += 2 {
		negative, positive := float64(counts[i]), float64(counts[i+1])
		d := (negativesBelow+negative/2)/negatives - area
		ofPositives += positive * d * d
		d = 1 - (positivesBelow+positive/2)/positives - area
		ofNegatives += negative * d * d
		negativesBelow += negative
		positivesBelow += positive
	}
	variance = ofPositives/(positives-1)/positives + ofNegatives/(negatives-1)/negatives
	return area, max(0, variance), shared
}
