package schemas

import (
	"fmt"
	"math"
	"strings"
)

// Extra is what the weight of a label adds beyond 1, in 1/WeightScale: most
// labels have none, and cost nothing for it.
type Extra int64

// WeightScale is the fixed point of weights, SquareScale that of their squares.
const (
	WeightScale = 1 << 20
	SquareScale = 1 << 16
)

// MaxWeight is the largest weight. Weights are relative, and no label is worth
// more of the others. The sums of a window hold the squares of 140 million such
// labels, and the squares of the losses of 460,000 that are as wrong as can be.
const MaxWeight = 1_000

// ExtraOf rounds a weight to fixed point. The error says why it is none.
func ExtraOf(weight float64) (Extra, error) {
	units := math.Round(weight * WeightScale)
	if !(units >= 1 && weight <= MaxWeight) { // NaN, too
		return 0, fmt.Errorf("the weight %v is not from %.7f to %d", weight, 1.0/WeightScale, MaxWeight)
	}
	return Extra(units) - WeightScale, nil
}

// Weight is at most MaxWeight, 1 for the zero value.
func (e Extra) Weight() float64 { return float64(WeightScale+e) / WeightScale }

// squares is what the square of the weight adds beyond 1, in 1/SquareScale.
func (e Extra) squares() int64 {
	w := e.Weight()
	return int64(math.Round((w*w - 1) * SquareScale))
}

// PairWeight is what weights add to the N of a Pair.
type PairWeight struct {
	Truth, Prediction string
	Extra             Extra
	Squares           int64 // what their squares add, in 1/SquareScale
}

// BinWeight is what weights add to the N of a HistogramBin.
type BinWeight struct {
	Positive bool
	Bin      uint16
	Extra    Extra
	Squares  int64
}

func (p PairWeight) order(q PairWeight) int {
	if c := strings.Compare(p.Truth, q.Truth); c != 0 {
		return c
	}
	return strings.Compare(p.Prediction, q.Prediction)
}

func (p PairWeight) plus(q PairWeight) PairWeight {
	p.Extra += q.Extra
	p.Squares += q.Squares
	return p
}
func (p PairWeight) zero() bool { return p.Extra == 0 && p.Squares == 0 }

func (b BinWeight) order(c BinWeight) int {
	return HistogramBin{b.Positive, b.Bin, 0}.order(HistogramBin{c.Positive, c.Bin, 0})
}

func (b BinWeight) plus(c BinWeight) BinWeight {
	b.Extra += c.Extra
	b.Squares += c.Squares
	return b
}
func (b BinWeight) zero() bool { return b.Extra == 0 && b.Squares == 0 }

// AddPairWeights adds some, sign times, to a sorted list, which it changes in place.
func AddPairWeights(list, more []PairWeight, sign int64) []PairWeight {
	for _, p := range more {
		p.Extra, p.Squares = p.Extra*Extra(sign), p.Squares*sign
		list = addSparse(list, p)
	}
	return list
}

// AddBinWeights is the same for bins.
func AddBinWeights(list, more []BinWeight, sign int64) []BinWeight {
	for _, b := range more {
		b.Extra, b.Squares = b.Extra*Extra(sign), b.Squares*sign
		list = addSparse(list, b)
	}
	return list
}
