package libm

import "math"

// logfEntry is an interval's 1/c and log c.
type logfEntry struct{ invC, logC float64 }

// Logf returns the natural logarithm in single precision, by S. Nagy's method
// in ARM's optimized routines: x = 2**k·z, z near c of a table, a polynomial
// of degree 4 for log(z/c).
func Logf(x float32) float32 {
	const (
		a0 = -0x1.00ea348b88334p-2
		a1 = 0x1.5575b0be00b6ap-2
		a2 = -0x1.ffffef20a4123p-2
	)
	bits := math.Float32bits(x)
	switch {
	case x != x || x == 1:
		return x - x // NaN or 0
	case x == 0:
		return float32(math.Inf(-1))
	case x < 0:
		return float32(math.NaN())
	case bits == 0x7f800000:
		return x
	case bits < 0x00800000:
		bits = math.Float32bits(x*0x1p23) - 23<<23
	}
	const first = 0x3f330000 // the first interval begins here
	at := bits - first
	entry := &logfTable[at>>19%16]
	k := int32(at) >> 23
	z := float64(math.Float32frombits(bits - at&0xff800000))
	r := math.FMA(z, entry.invC, -1)
	y0 := math.FMA(float64(k), math.Ln2, entry.logC)
	r2 := float64(r * r)
	y := math.FMA(a1, r, a2)
	y = math.FMA(a0, r2, y)
	return float32(math.FMA(y, r2, y0+r))
}

var logfTable = [16]logfEntry{
	{0x1.661ec79f8f3bep+0, -0x1.57bf7808caadep-2},
	{0x1.571ed4aaf883dp+0, -0x1.2bef0a7c06ddbp-2},
	{0x1.49539f0f010bp+0, -0x1.01eae7f513a67p-2},
	{0x1.3c995b0b80385p+0, -0x1.b31d8a68224e9p-3},
	{0x1.30d190c8864a5p+0, -0x1.6574f0ac07758p-3},
	{0x1.25e227b0b8eap+0, -0x1.1aa2bc79c81p-3},
	{0x1.1bb4a4a1a343fp+0, -0x1.a4e76ce8c0e5ep-4},
	{0x1.12358f08ae5bap+0, -0x1.1973c5a611cccp-4},
	{0x1.0953f419900a7p+0, -0x1.252f438e10c1ep-5},
	{0x1p+0, 0x0p+0},
	{0x1.e608cfd9a47acp-1, 0x1.aa5aa5df25984p-5},
	{0x1.ca4b31f026aap-1, 0x1.c5e53aa362eb4p-4},
	{0x1.b2036576afce6p-1, 0x1.526e57720db08p-3},
	{0x1.9c2d163a1aa2dp-1, 0x1.bc2860d22477p-3},
	{0x1.886e6037841edp-1, 0x1.1058bc8a07ee1p-2},
	{0x1.767dcf5534862p-1, 0x1.4043057b6ee09p-2},
}

// Log1pOfPositive returns log(1+x) for x >= 0, by the method of FreeBSD's
// s_log1p.c with the polynomial of glibc 2.36, fused where that is.
func Log1pOfPositive(x float64) float64 {
	const (
		ln2Hi = 6.93147180369123816490e-01
		ln2Lo = 1.90821492927058770002e-10
		p1    = 6.666666666666735130e-01
		p2    = 3.999999999940941908e-01
		p3    = 2.857142874366239149e-01
		p4    = 2.222219843214978396e-01
		p5    = 1.818357216161805012e-01
		p6    = 1.531383769920937332e-01
		p7    = 1.479819860511658591e-01
	)
	if x != x || x > math.MaxFloat64 {
		return x
	}
	high := func(v float64) int32 { return int32(math.Float64bits(v) >> 32) }
	if x < 0x1p-29 {
		if x < 0x1p-54 {
			return x
		}
		return x - float64(float64(x*x)*0.5)
	}
	k, f, c, hu := 0, x, 0.0, int32(1)
	if high(x) >= 0x3fda827a { // x >= sqrt(2)-1
		u := x
		if high(x) < 0x43400000 { // x < 2**53
			u = 1 + x
		}
		hu = high(u)
		k = int(hu>>20) - 1023
		if high(x) < 0x43400000 {
			if k > 0 {
				c = 1 - (u - x)
			} else {
				c = x - (u - 1)
			}
			c /= u
		}
		hu &= 0x000fffff
		mantissa := math.Float64bits(u) & (1<<52 - 1)
		if hu < 0x6a09e {
			u = math.Float64frombits(mantissa | 0x3ff<<52)
		} else {
			k++
			u = math.Float64frombits(mantissa | 0x3fe<<52)
			hu = (0x00100000 - hu) >> 2
		}
		f = u - 1
	}
	kd := float64(k)
	half := float64(float64(0.5*f) * f)
	if hu == 0 { // |f| < 2**-20
		if f == 0 {
			return math.FMA(kd, ln2Hi, math.FMA(kd, ln2Lo, c))
		}
		r := float64(half * math.FMA(-0.66666666666666666, f, 1))
		if k == 0 {
			return f - r
		}
		return math.FMA(kd, ln2Hi, -((r - math.FMA(kd, ln2Lo, c)) - f))
	}
	s := f / (2 + f)
	z := float64(s * s)
	z2 := float64(z * z)
	z4 := float64(z2 * z2)
	r := math.FMA(z, p1, float64(z2*math.FMA(z, p3, p2)))
	r = math.FMA(z4, math.FMA(z, p5, p4), r)
	r = math.FMA(float64(z4*z2), math.FMA(z, p7, p6), r)
	step := float64(s * (half + r))
	if k == 0 {
		return f - (half - step)
	}
	return math.FMA(kd, ln2Hi, -((half - (step + math.FMA(kd, ln2Lo, c))) - f))
}
