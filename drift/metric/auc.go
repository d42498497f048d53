package metric

import (
	"math"

	"hindsight/schemas"
)

// auc is the area under the ROC curve of the binned scores: the chance that a
// positive outcome scores above a negative one, ties counted ½.
//
// Outcomes count by their weights, and the variances of the two classes are those
// of as many outcomes as they effectively are.
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
	var weights [slots]float64
	positives, negatives := s.ranking(&weights)
	n := positives.n + negatives.n
	switch {
	case n <= 0:
		return undefined(0, NoProbability)
	case positives.n <= 0 || negatives.n <= 0:
		return undefined(n, OneClass)
	case positives.n == 1 || negatives.n == 1 || positives.effective() <= 1 || negatives.effective() <= 1:
		return undefined(n, TooFew)
	}
	value, variance, shared := delong(&weights, positives, negatives)
	value = min(1, max(0, value))
	z := quantile(confidence)
	half := z * math.Sqrt(variance)
	low, high := value-half, value+half
	if variance < rounding {
		rarer := min(positives.effective(), negatives.effective())
		low, high = wilson(value*rarer, rarer, z)
	}
	return schemas.Metric{Value: value, Low: max(0, low-shared/2), High: min(1, high+shared/2), N: n}
}

// rounding is more than what it leaves, with weights that are no whole numbers,
// of a variance that is zero.
const rounding = 1e-20

// ranking writes the weight of each slot, and returns what the classes come to.
func (s *Sums) ranking(weights *[slots]float64) (positives, negatives mass) {
	var counts [slots]int64
	s.histogram.load(&counts)
	for i, n := range counts {
		weights[i] = float64(n)
		if i%2 == 1 {
			positives.n += n
		} else {
			negatives.n += n
		}
	}
	for _, b := range s.bins {
		of := &negatives
		if b.Positive {
			of = &positives
		}
		of.extra += int64(b.Extra)
		of.squares += b.Squares
		weights[slot(b.Positive, b.Bin)] += float64(b.Extra) / schemas.WeightScale
	}
	return positives, negatives
}

// delong returns the area, its variance, and the chance that a positive and a
// negative share a bin, in one pass for the area and one for the variance.
func delong(weights *[slots]float64, ofPositive, ofNegative mass) (area, variance, shared float64) {
	positives, negatives := ofPositive.weight(), ofNegative.weight()
	var below float64 // negatives in lower bins
	for i := 0; i < slots; i += 2 {
		negative, positive := weights[i], weights[i+1]
		area += positive * (below + negative/2)
		shared += positive * negative
		below += negative
	}
	area /= positives * negatives
	shared /= positives * negatives

	var ofPositives, ofNegatives float64 // squared deviations of the placements
	var negativesBelow, positivesBelow float64
	for i := 0; i < slots; i += 2 {
		negative, positive := weights[i], weights[i+1]
		d := (negativesBelow+negative/2)/negatives - area
		ofPositives += positive * d * d
		d = 1 - (positivesBelow+positive/2)/positives - area
		ofNegatives += negative * d * d
		negativesBelow += negative
		positivesBelow += positive
	}
	variance = ofPositives/(ofPositive.effective()-1)/positives + ofNegatives/(ofNegative.effective()-1)/negatives
	return area, max(0, variance), shared
}
