package metric

import "hindsight/schemas"

// Sample is outcomes of about one age: for each true class the same share of
// them is known by now.
type Sample struct {
	Pairs   []schemas.Pair
	Weights []schemas.PairWeight // what the labels' own weights add to Pairs
	Known   map[string]float64   // in (0, 1], by truth; nil: all of every class
}

// LeastKnown is the share of a class of which less says too little: a label
// never counts for more than 1/LeastKnown.
const LeastKnown = 0.15

// accuracyWeighted is the accuracy that a window comes to once its labels are
// in, estimated from those that are: each counts for as many as there should be
// of its age and class (Hájek's ratio of inverse-probability-weighted sums;
// Hájek 1971, in Foundations of Statistical Inference). It is unbiased where
// delay depends on age and true class; the plain accuracy of early labels is
// not. Where all are known the two are equal, and so are their intervals.
//
// The variance is that of a ratio, Σ w² (right - value)² / (Σ w)²; the interval
// is Wilson's with as many trials as have that variance. It takes the shares
// known as given.
func accuracyWeighted(samples []Sample, confidence float64) schemas.Metric {
	var n int64
	var all, right, rightSquares, wrongSquares float64
	for _, s := range samples {
		for _, p := range s.Pairs {
			weight := 1.0
			if s.Known != nil {
				weight = 1 / s.Known[p.Truth]
			}
			n += p.N
			all += float64(p.N) * weight
			if p.Truth == p.Prediction {
				right += float64(p.N) * weight
				rightSquares += float64(p.N) * weight * weight
			} else {
				wrongSquares += float64(p.N) * weight * weight
			}
		}
		for _, p := range s.Weights {
			weight := 1.0
			if s.Known != nil {
				weight = 1 / s.Known[p.Truth]
			}
			extra, squares := float64(p.Extra)/schemas.WeightScale*weight, float64(p.Squares)/schemas.SquareScale*weight*weight
			all += extra
			if p.Truth == p.Prediction {
				right += extra
				rightSquares += squares
			} else {
				wrongSquares += squares
			}
		}
	}
	if n <= 0 {
		return undefined(0, Empty)
	}
	value := right / all
	trials := all * all / (rightSquares + wrongSquares)
	if value > 0 && value < 1 {
		trials = value * (1 - value) * all * all / (rightSquares*(1-value)*(1-value) + wrongSquares*value*value)
	}
	low, high := wilson(value*trials, trials, quantile(confidence))
	return schemas.Metric{Value: value, Low: low, High: high, N: n}
}
