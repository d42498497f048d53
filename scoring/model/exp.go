package model

import "math"

// exp returns e**x with the same bits on every platform, within 1 ulp. It is
// FreeBSD's e_exp.c (as in Go's math/exp.go) with every product rounded on its
// own: math.Exp is assembly on some platforms and fused on others, and a
// replay on another machine has to give the same scores.
func exp(x float64) float64 {
	const (
		ln2Hi     = 6.93147180369123816490e-01
		ln2Lo     = 1.90821492927058770002e-10
		log2e     = 1.44269504088896338700e+00
		overflow  = 7.09782712893383973096e+02
		underflow = -7.45133219101941108420e+02
		nearZero  = 1.0 / (1 << 28)
	)
	switch {
	case x != x:
		return x
	case x > overflow:
		return math.Inf(1)
	case x < underflow:
		return 0
	case -nearZero < x && x < nearZero:
		return 1 + x
	}
	half := 0.5
	if x < 0 {
		half = -0.5
	}
	k := int(float64(log2e*x) + half)
	hi := x - float64(float64(k)*ln2Hi)
	lo := float64(float64(k) * ln2Lo)
	return scaleByPower(expReduced(hi, lo), k)
}

// expReduced returns e**(hi-lo) for |hi-lo| <= ln(2)/2.
func expReduced(hi, lo float64) float64 {
	const (
		p1 = 1.66666666666666657415e-01
		p2 = -2.77777777770155933842e-03
		p3 = 6.61375632143793436117e-05
		p4 = -1.65339022054652515390e-06
		p5 = 4.13813679705723846039e-08
	)
	r := hi - lo
	t := float64(r * r)
	poly := p4 + float64(t*p5)
	poly = p3 + float64(t*poly)
	poly = p2 + float64(t*poly)
	poly = p1 + float64(t*poly)
	c := r - float64(t*poly)
	return 1 - ((lo - float64(r*c)/(2-c)) - hi)
}

// scaleByPower returns y * 2**k, multiplying where the power is a normal number.
func scaleByPower(y float64, k int) float64 {
	if -1020 <= k && k <= 1020 {
		return y * math.Float64frombits(uint64(k+1023)<<52)
	}
	return math.Ldexp(y, k)
}
