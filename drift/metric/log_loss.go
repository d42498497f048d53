package metric

import (
	"math"

	"hindsight/schemas"
)

// logLoss is the mean of -ln p(truth) in nats, by weight, with the normal interval
// of a mean from the sample variance. The fixed point of the sums moves the value
// by at most half of 1/schemas.LossScale nats (3e-8).
func logLoss(s *Sums, confidence float64) schemas.Metric {
	switch {
	case s.labelled <= 0:
		return undefined(0, Empty)
	case s.Lossy <= 0:
		return undefined(0, NoProbability)
	case s.Lossy == 1:
		return undefined(1, TooFew)
	}
	of := mass{n: s.Lossy}
	for _, b := range s.bins { // every outcome with a loss is in a bin
		of.extra += int64(b.Extra)
		of.squares += b.Squares
	}
	weight, n := of.weight(), of.effective()
	if n <= 1 {
		return undefined(s.Lossy, TooFew)
	}
	mean := float64(s.LossSum) / schemas.LossScale / weight
	squares := float64(s.LossSquares) / schemas.LossScale / weight
	// Rounding, of the squares above all, may leave the difference a hair below zero.
	variance := max(0, (squares-mean*mean)*n/(n-1))
	half := quantile(confidence) * math.Sqrt(variance/n)
	return schemas.Metric{Value: mean, Low: max(0, mean-half), High: mean + half, N: s.Lossy}
}
