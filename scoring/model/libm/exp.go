package libm

import "math"

const (
	log2e   = 0x1.71547652b82fep0
	toInt   = 0x1.8p52 // added and taken off again, it rounds to an integer
	expN    = 128      // a power of two is looked up in steps of 1/expN
	expBits = 7
)

// Exp returns e**x, by S. Nagy's method in ARM's optimized routines: x =
// k·ln2/128 + r, 2**(k/128) from a table, a polynomial of degree 5 for r.
func Exp(x float64) float64 {
	switch {
	case x != x:
		return x
	case math.Abs(x) < 0x1p-54:
		return 1 + x
	case x >= 1024:
		return math.Inf(1)
	case x <= -1024:
		if x == math.Inf(-1) {
			return 0
		}
		return 0
	}
	const (
		ln2Hi = -0x1.62e42fefa0000p-8
		ln2Lo = -0x1.cf79abc9e3b3ap-47
		c2    = 0x1.ffffffffffdbdp-2
		c3    = 0x1.555555555543cp-3
		c4    = 0x1.55555cf172b91p-5
		c5    = 0x1.1111167a4d017p-7
	)
	kd := math.FMA(log2e*expN, x, toInt)
	ki := math.Float64bits(kd)
	kd -= toInt
	r := math.FMA(kd, ln2Lo, math.FMA(kd, ln2Hi, x))
	power := expTable[ki%expN]
	bits := power.bits + ki<<(52-expBits)
	r2 := float64(r * r)
	t := math.FMA(r2, math.FMA(r, c3, c2), power.tail+r)
	t = math.FMA(float64(r2*r2), math.FMA(r, c5, c4), t)
	if math.Abs(x) >= 512 {
		return expNearLimits(t, bits, ki)
	}
	scale := math.Float64frombits(bits)
	return math.FMA(scale, t, scale)
}

// expNearLimits returns scale·(1+t) where the exponent of scale may have left
// its range, rounding once below the normal numbers.
func expNearLimits(t float64, bits, ki uint64) float64 {
	if ki&0x80000000 == 0 {
		scale := math.Float64frombits(bits - 1009<<52)
		return 0x1p1009 * math.FMA(scale, t, scale)
	}
	scale := math.Float64frombits(bits + 1022<<52)
	step := float64(scale * t)
	y := scale + step
	if y < 1 {
		lo := scale - y + step
		hi := 1 + y
		lo = 1 - hi + y + lo
		y = hi + lo - 1
		if y == 0 {
			y = 0
		}
	}
	return 0x1p-1022 * y
}

// Expf returns e**x in single precision, by the same method in double with
// steps of 1/32 and a polynomial of degree 3.
func Expf(x float32) float32 {
	switch {
	case x != x:
		return x
	case x > 0x1.62e42ep6:
		return float32(math.Inf(1))
	case x < -0x1.9fe368p6:
		return 0
	}
	const (
		n  = 32
		c0 = 0x1.c6af84b912394p-5 / n / n / n
		c1 = 0x1.ebfce50fac4f3p-3 / n / n
		c2 = 0x1.62e42ff0c52d6p-1 / n
	)
	xd := float64(x)
	kd := math.FMA(log2e*n, xd, toInt)
	ki := math.Float64bits(kd)
	kd -= toInt
	r := math.FMA(log2e*n, xd, -kd)
	at := ki % n * (expN / n)
	// The table takes (k<<52)/expN off, this method (k<<52)/32: the same for the same power.
	scale := math.Float64frombits(expTable[at].bits + ki<<(52-5))
	p := math.FMA(c0, r, c1)
	y := math.FMA(c2, r, 1)
	y = math.FMA(p, float64(r*r), y)
	return float32(float64(y * scale))
}
