package metric

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// quantile is how many standard deviations a two-sided normal interval of the
// given confidence, in (0, 1), reaches to either side.
func quantile(confidence float64) float64 {
	return distuv.UnitNormal.Quantile(0.5 + confidence/2)
}

// wilson is the score interval of k successes among n > 0 trials, z standard
// deviations wide (Wilson 1927, JASA 22:209): it stays inside [0, 1] and keeps
// a width at k = 0 and k = n. Neither k nor n need be whole.
func wilson(k, n, z float64) (low, high float64) {
	z2 := z * z
	p := min(max(k/n, 0), 1)
	middle := (p + z2/(2*n)) / (1 + z2/n)
	half := z / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	low, high = middle-half, middle+half
	// Exact at the ends, where the formula only rounds to them.
	if k <= 0 {
		low = 0
	}
	if k >= n {
		high = 1
	}
	return max(low, 0), min(high, 1)
}
