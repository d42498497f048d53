package schemas

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Observation is one outcome with a truth, as Sums count it.
type Observation struct {
	Truth      string
	Prediction string
	Positive   string  // the class whose probability Value is, "" where there is none
	Value      float64 // enters the histogram and the loss where Positive is set and it lies in [0, 1]
	Assumed    bool    // the truth was assumed
	Extra      Extra   // of the label's weight
}

// Observe adds o sign times: 1 counts it, -1 takes it back exactly. It leaves
// Scored and Unlabelled alone, which are not about truths, and Delays and
// Values, which Await and Learn count.
func (s *Sums) Observe(sign int64, o Observation) {
	if o.Assumed {
		s.Assumed += sign
	}
	s.Pairs = addSparse(s.Pairs, Pair{o.Truth, o.Prediction, sign})
	extra, squares := Extra(sign)*o.Extra, sign*o.Extra.squares()
	s.PairWeights = addSparse(s.PairWeights, PairWeight{o.Truth, o.Prediction, extra, squares})
	if !probability(o.Positive, o.Value) {
		return
	}
	positive := o.Truth == o.Positive
	s.Histogram = addSparse(s.Histogram, HistogramBin{positive, BinOf(o.Value), sign})
	s.BinWeights = addSparse(s.BinWeights, BinWeight{positive, BinOf(o.Value), extra, squares})
	p := o.Value
	if !positive {
		p = 1 - p
	}
	loss, weight := LogLoss(p), o.Extra.Weight()
	s.Lossy += sign
	s.LossSum += sign * fixed(weight*loss)
	s.LossSquares += sign * fixed(weight*loss*loss)
}

// Merge adds t to s. It keeps nothing of t's slices.
func (s *Sums) Merge(t *Sums) {
	s.Scored += t.Scored
	s.Unlabelled += t.Unlabelled
	s.Assumed += t.Assumed
	s.Pairs = mergeSparse(s.Pairs, t.Pairs)
	s.Histogram = mergeSparse(s.Histogram, t.Histogram)
	s.Lossy += t.Lossy
	s.LossSum += t.LossSum
	s.LossSquares += t.LossSquares
	s.Delays = mergeSparse(s.Delays, t.Delays)
	s.Values = mergeSparse(s.Values, t.Values)
	s.PairWeights = mergeSparse(s.PairWeights, t.PairWeights)
	s.BinWeights = mergeSparse(s.BinWeights, t.BinWeights)
}

// IsZero reports whether s counts nothing, so that merging it changes nothing.
func (s *Sums) IsZero() bool {
	return s.Scored == 0 && s.Unlabelled == 0 && s.Assumed == 0 && s.Lossy == 0 &&
		s.LossSum == 0 && s.LossSquares == 0 && len(s.Pairs) == 0 && len(s.Histogram) == 0 &&
		len(s.Delays) == 0 && len(s.Values) == 0 && len(s.PairWeights) == 0 && len(s.BinWeights) == 0
}

// BinOf returns the histogram bin of a value in [0, 1]; 1 lies in the last one.
func BinOf(value float64) uint16 {
	return uint16(min(int(value*HistogramBins), HistogramBins-1))
}

// LogLoss returns -ln p in nats, p clipped to [1e-15, 1-1e-15] as
// scikit-learn's log_loss did when it still clipped by a constant.
func LogLoss(p float64) float64 {
	const tiny = 1e-15
	return -math.Log(min(max(p, tiny), 1-tiny))
}

// fixed rounds x to a multiple of 1/LossScale: once for each outcome, so that
// sums of it are exact in any order.
func fixed(x float64) int64 { return int64(math.Round(x * LossScale)) }

// counted is an element of a sparse list: a key and what was counted under it.
type counted[T any] interface {
	order(T) int
	plus(T) T // whose key is the same
	zero() bool
}

func (p Pair) order(q Pair) int {
	if c := strings.Compare(p.Truth, q.Truth); c != 0 {
		return c
	}
	return strings.Compare(p.Prediction, q.Prediction)
}

func (p Pair) plus(q Pair) Pair { p.N += q.N; return p }
func (p Pair) zero() bool       { return p.N == 0 }

func (b HistogramBin) order(c HistogramBin) int {
	if b.Positive != c.Positive {
		if c.Positive {
			return -1
		}
		return 1
	}
	return cmp.Compare(b.Bin, c.Bin)
}

func (b HistogramBin) plus(c HistogramBin) HistogramBin { b.N += c.N; return b }
func (b HistogramBin) zero() bool                       { return b.N == 0 }

// addSparse adds one element to a sorted list, which it changes in place.
// A list without elements is nil, so that equal sums are deeply equal.
func addSparse[T counted[T]](list []T, x T) []T {
	if x.zero() {
		return list
	}
	i, found := slices.BinarySearchFunc(list, x, T.order)
	if !found {
		return slices.Insert(list, i, x)
	}
	list[i] = list[i].plus(x)
	if !list[i].zero() {
		return list
	}
	if len(list) == 1 {
		return nil
	}
	return slices.Delete(list, i, i+1)
}

// mergeSparse adds the elements of b to a, which it may change in place.
func mergeSparse[T counted[T]](a, b []T) []T {
	if len(b) < 8 { // the usual delta: few elements onto many
		for _, x := range b {
			a = addSparse(a, x)
		}
		return a
	}
	merged := make([]T, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch c := a[0].order(b[0]); {
		case c < 0:
			merged, a = append(merged, a[0]), a[1:]
		case c > 0:
			merged, b = append(merged, b[0]), b[1:]
		default:
			if sum := a[0].plus(b[0]); !sum.zero() {
				merged = append(merged, sum)
			}
			a, b = a[1:], b[1:]
		}
	}
	merged = append(append(merged, a...), b...)
	if len(merged) == 0 {
		return nil
	}
	return merged
}
