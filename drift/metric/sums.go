package metric

import (
	"cmp"
	"slices"
	"unique"

	"hindsight/schemas"
)

// Sums adds up deltas of outcomes; the zero value is empty and ready to use.
// All of it is integers, so that the order of adding cannot be seen in it.
type Sums struct {
	Scored      int64 // scores that fell here
	Unlabelled  int64 // of those, decided without a label
	Assumed     int64 // truths in Pairs that were assumed
	Lossy       int64 // outcomes that LossSum adds up
	LossSum     int64 // in 1/schemas.LossScale nats, by weight
	LossSquares int64 // in 1/schemas.LossScale nats², by weight

	labelled  int64
	pairs     []schemas.Pair
	weights   []schemas.PairWeight // what weights add to pairs
	bins      []schemas.BinWeight  // and to the histogram
	values    []schemas.ValueBin
	fates     []schemas.FateCount // by Fate alone
	histogram histogram
}

// Add merges the deltas of d, whose histogram bins must be below
// schemas.HistogramBins. It keeps nothing of d.
func (s *Sums) Add(d *schemas.Sums) {
	s.Scored += d.Scored
	s.Unlabelled += d.Unlabelled
	s.Assumed += d.Assumed
	s.Lossy += d.Lossy
	s.LossSum += d.LossSum
	s.LossSquares += d.LossSquares
	for i := range d.Pairs {
		s.addPair(&d.Pairs[i])
	}
	for _, b := range d.Histogram {
		s.histogram.add(slot(b.Positive, b.Bin), b.N)
	}
	s.values = schemas.AddValues(s.values, d.Values, 1)
	s.weigh(d.PairWeights, d.BinWeights, 1)
}

// weigh adds what weights add. One copy of each class is kept, as of pairs.
func (s *Sums) weigh(pairs []schemas.PairWeight, bins []schemas.BinWeight, sign int64) {
	for _, p := range pairs {
		p.Truth, p.Prediction = unique.Make(p.Truth).Value(), unique.Make(p.Prediction).Value()
		s.weights = schemas.AddPairWeights(s.weights, []schemas.PairWeight{p}, sign)
	}
	s.bins = schemas.AddBinWeights(s.bins, bins, sign)
}

// Merge adds all that other holds.
func (s *Sums) Merge(other *Sums) { s.merge(other, 1) }

// Remove takes back all that other holds.
func (s *Sums) Remove(other *Sums) { s.merge(other, -1) }

func (s *Sums) merge(other *Sums, sign int64) {
	s.Scored += sign * other.Scored
	s.Unlabelled += sign * other.Unlabelled
	s.Assumed += sign * other.Assumed
	s.Lossy += sign * other.Lossy
	s.LossSum += sign * other.LossSum
	s.LossSquares += sign * other.LossSquares
	for _, p := range other.pairs {
		p.N *= sign
		s.addPair(&p)
	}
	s.histogram.merge(&other.histogram, sign)
	s.values = schemas.AddValues(s.values, other.values, sign)
	s.weigh(other.weights, other.bins, sign)
	for _, f := range other.fates {
		s.Tell(f.Fate, sign*f.N)
	}
}

// Tell adds labels by what became of them, NoFate where they wait.
func (s *Sums) Tell(fate schemas.Fate, n int64) {
	s.fates = schemas.AddFates(s.fates, schemas.FateCount{Fate: fate, N: n})
}

// addPair drops a pair that has come to nothing, so that sums which hold the
// same outcomes are the same, whatever has passed through them.
func (s *Sums) addPair(p *schemas.Pair) {
	if p.N == 0 {
		return
	}
	s.labelled += p.N
	i, found := slices.BinarySearchFunc(s.pairs, p, func(have schemas.Pair, want *schemas.Pair) int {
		return cmp.Or(cmp.Compare(have.Truth, want.Truth), cmp.Compare(have.Prediction, want.Prediction))
	})
	if !found {
		// One copy of each class for all windows; the record they came in is let go.
		s.pairs = slices.Insert(s.pairs, i, schemas.Pair{
			Truth:      unique.Make(p.Truth).Value(),
			Prediction: unique.Make(p.Prediction).Value(),
			N:          p.N,
		})
		return
	}
	if s.pairs[i].N += p.N; s.pairs[i].N == 0 {
		s.pairs = slices.Delete(s.pairs, i, i+1)
	}
}

// Labelled is how many outcomes have a truth, assumed ones included.
func (s *Sums) Labelled() int64 { return s.labelled }

// Coverage is the share of the scores that have a truth, 0 where nothing was scored.
func Coverage(labelled, scored int64) float64 {
	if scored <= 0 {
		return 0
	}
	return float64(labelled) / float64(scored)
}

// Pairs counts the outcomes by truth and prediction, sorted by both, without
// zeros. It belongs to s and changes with it.
func (s *Sums) Pairs() []schemas.Pair { return s.pairs }

// Weights is what the weights of labels add to Pairs; it is like them.
func (s *Sums) Weights() []schemas.PairWeight { return s.weights }

// counted is the outcomes of pairs that a function chooses, with their weights.
func counted(pairs []schemas.Pair, weights []schemas.PairWeight, of func(truth, prediction string) bool) (m mass) {
	for i := range pairs {
		if of(pairs[i].Truth, pairs[i].Prediction) {
			m.n += pairs[i].N
		}
	}
	for i := range weights {
		if of(weights[i].Truth, weights[i].Prediction) {
			m.addPair(&weights[i])
		}
	}
	return m
}

func (s *Sums) all() mass { return counted(s.pairs, s.weights, func(_, _ string) bool { return true }) }
func (s *Sums) right() mass {
	return counted(s.pairs, s.weights, func(t, p string) bool { return t == p })
}

// Values counts the scores by value and by whether they have a truth, sorted,
// without zeros. It belongs to s and changes with it.
func (s *Sums) Values() []schemas.ValueBin { return s.values }
