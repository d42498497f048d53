package labels

import "hindsight/schemas"

// maxTruths is how many different truths of one event are told apart. Labels
// with yet another one are conflicts.
const maxTruths = 32

// truth is all labels of one event that say the same, condensed: what the
// policies need of them.
type truth struct {
	text        string
	n           int64
	first, last rank
	firstExtra  schemas.Extra // of the weights of those two
	lastExtra   schemas.Extra
}

// truths are the accepted labels of one event, in order of first acceptance.
type truths []truth

// accept adds a label. It returns false where there are too many truths.
func (t *truths) accept(l *Label) bool {
	r := l.rank()
	for i := range *t {
		x := &(*t)[i]
		if x.text != l.Truth {
			continue
		}
		x.n++
		if r.compare(x.first) < 0 {
			x.first, x.firstExtra = r, l.Extra
		}
		if r.compare(x.last) > 0 {
			x.last, x.lastExtra = r, l.Extra
		}
		return true
	}
	if len(*t) == maxTruths {
		return false
	}
	*t = append(*t, truth{l.Truth, 1, r, r, l.Extra, l.Extra})
	return true
}

// winner returns the truth that stands by the policy, with the weight of the
// label that says so last, or first: a function of the set of accepted labels,
// whatever their order. There must be one.
func (t truths) winner(p Policy) (string, schemas.Extra) {
	best := &t[0]
	for i := range t {
		if t[i].beats(best, p) {
			best = &t[i]
		}
	}
	if p == First {
		return best.text, best.firstExtra
	}
	return best.text, best.lastExtra
}

func (x *truth) beats(y *truth, p Policy) bool {
	switch {
	case p == First:
		return x.first.compare(y.first) < 0
	case p == Majority && x.n != y.n:
		return x.n > y.n
	}
	return x.last.compare(y.last) > 0
}
