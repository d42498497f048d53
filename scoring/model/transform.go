package model

// Sigmoid returns 1/(1+e**-x). Neither tail overflows, and the lower one keeps
// its relative precision.
func Sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + exp(-x))
	}
	e := exp(x)
	return e / (1 + e)
}

// Softmax writes the softmax of raw to out, which has the same length and may
// be the same slice. The largest score is taken off first, so that nothing overflows.
func Softmax(out, raw []float64) {
	largest := raw[0]
	for _, v := range raw[1:] {
		if v > largest {
			largest = v
		}
	}
	sum := 0.0
	for i, v := range raw {
		out[i] = exp(v - largest)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
}
