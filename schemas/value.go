package schemas

import "cmp"

// ValueBins is how many equal bins the values of labelled and unlabelled scores
// are counted in, over [0, 1].
const ValueBins = 16

// ValueBin counts scores whose Value v lies in [Bin, Bin+1)/ValueBins, 1 in the
// last one, by whether their truth is known: what has a label is no fair sample
// of what was scored, and here it shows.
type ValueBin struct {
	Labelled bool
	Bin      uint8
	N        int64
}

func (v ValueBin) order(w ValueBin) int {
	if v.Labelled != w.Labelled {
		if w.Labelled {
			return -1
		}
		return 1
	}
	return cmp.Compare(v.Bin, w.Bin)
}

func (v ValueBin) plus(w ValueBin) ValueBin { v.N += w.N; return v }
func (v ValueBin) zero() bool               { return v.N == 0 }

// Await counts a score, sign times, as one without a truth.
func (s *Sums) Await(sign int64, positive string, value float64) {
	if probability(positive, value) {
		s.Values = addSparse(s.Values, ValueBin{Bin: valueBin(value), N: sign})
	}
}

// Learn counts, sign times, that the truth of a score became known delay after
// its event, and that the score no longer awaits it.
func (s *Sums) Learn(sign int64, o Observation, delay uint16) {
	class := o.Truth
	if o.Prediction == "" { // nobody said a class: the truth may be any number or text
		class = ""
	}
	s.Delays = addSparse(s.Delays, Delay{class, delay, sign})
	if probability(o.Positive, o.Value) {
		s.Values = addSparse(s.Values, ValueBin{Bin: valueBin(o.Value), N: -sign})
		s.Values = addSparse(s.Values, ValueBin{Labelled: true, Bin: valueBin(o.Value), N: sign})
	}
}

// AddValues adds some counts to a sorted list, which it changes in place.
func AddValues(list, more []ValueBin, sign int64) []ValueBin {
	for _, v := range more {
		v.N *= sign
		list = addSparse(list, v)
	}
	return list
}

// ValueView is the values of labelled and unlabelled scores side by side:
// counts by ValueBins equal bins over [0, 1].
type ValueView struct {
	Labelled   [ValueBins]int64 `json:"labelled"`
	Unlabelled [ValueBins]int64 `json:"unlabelled"`
}

// ViewValues is nil where nothing was counted. Bins that do not exist are passed over.
func ViewValues(values []ValueBin) *ValueView {
	if len(values) == 0 {
		return nil
	}
	view := &ValueView{}
	for _, v := range values {
		switch {
		case v.Bin >= ValueBins:
		case v.Labelled:
			view.Labelled[v.Bin] += v.N
		default:
			view.Unlabelled[v.Bin] += v.N
		}
	}
	return view
}

func valueBin(value float64) uint8 { return uint8(min(int(value*ValueBins), ValueBins-1)) }

// probability reports whether value is the probability of a class.
func probability(positive string, value float64) bool {
	return positive != "" && value >= 0 && value <= 1
}
