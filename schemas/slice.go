package schemas

import "time"

// Clock names one of the two ways to place an outcome in time.
type Clock uint8

// The clocks.
const (
	EventClock Clock = iota // when it was predicted
	LabelClock              // when its truth was learnt
)

// Slice is what one tick of one partition of scores adds to the sums of one
// model. Receiving it twice is harmless: (Partition, Tick, Part) names it.
type Slice struct {
	Model      string
	Partition  int32   // of the scores topic
	Partitions int32   // how many there are
	Tick       Instant // every tick at or before it is closed in Partition once More is false
	Part       int32   // a large tick is split; parts count from 0
	More       bool    // further parts of the same tick follow
	Cells      []Cell  // empty: the tick closed and added nothing
	// Fates counts labels on the label clock, in the slices of one model only: a
	// label may have no score, and so no version or segment. The list is sorted,
	// without zeros.
	Fates []FateCount
}

// Cell holds the sums that fall to one slice of time, version, role and
// segment. They are deltas: negative where a correction takes back.
type Cell struct {
	Clock   Clock
	Start   Instant
	Width   time.Duration
	Version string
	Role    string
	Segment string // "" for the whole, else field=value
	Sums
}

// LossScale is the fixed point of LossSum and LossSquares: 2^24 per nat.
const LossScale = 1 << 24

// HistogramBins is how many equal bins the score histogram has over [0, 1].
const HistogramBins = 1024

// Sums are mergeable counts of outcomes. All are integers, so merging is
// associative and a retraction is exact. The lists are sparse, without zero
// entries, and sorted by all but N.
type Sums struct {
	Scored      int64 // event clock: scores; label clock: scores whose first decision fell here
	Unlabelled  int64 // decided without a label
	Assumed     int64 // of those in Pairs, how many truths were assumed
	Pairs       []Pair
	Histogram   []HistogramBin
	Lossy       int64      // how many outcomes LossSum adds up
	LossSum     int64      // sum of -ln p(truth), p clipped to [1e-15, 1-1e-15], times the weight, in 1/LossScale
	LossSquares int64      // sum of its squares, times the weight, in 1/LossScale
	Delays      []Delay    // event clock: when truths became known
	Values      []ValueBin // event clock: values of the scores with and without a truth
	PairWeights []PairWeight
	BinWeights  []BinWeight
}

// Pair counts outcomes by what was true and what was predicted.
type Pair struct {
	Truth, Prediction string
	N                 int64
}

// HistogramBin counts outcomes whose Value v lies in [Bin, Bin+1)/HistogramBins,
// by whether the truth was the positive class.
type HistogramBin struct {
	Positive bool
	Bin      uint16
	N        int64
}
