package scoring

import (
	"fmt"

	"hindsight/schemas"
	"hindsight/scoring/model"
)

// Answer is what a model says of one row.
type Answer struct {
	Value         float64   // probability of the positive of two classes, of the decided one of several, or the regression value
	Probabilities []float64 // per class where there are more than two, else empty; valid until the next call
	Class         int       // index of the decided class; -1 for a regression
}

// Scorer scores rows one at a time without allocating. It belongs to one goroutine.
type Scorer struct {
	bundle    *Bundle
	preparer  *preparer
	evaluator model.Evaluator
	raw, out  []float64
}

// NewScorer returns a scorer with memory of its own.
func (b *Bundle) NewScorer() *Scorer {
	return b.newScorer(b.model.Fast(b.plan.blocks))
}

func (b *Bundle) newScorer(e model.Evaluator) *Scorer {
	n := b.model.Outputs()
	return &Scorer{
		bundle: b, preparer: newPreparer(b.plan), evaluator: e,
		raw: make([]float64, n), out: make([]float64, n),
	}
}

// Score prepares and scores one row given by the slots of Fields. The error is
// a *PrepareError where an input cannot be prepared and a *NotFiniteError where
// the answer is no number; the row then has no answer.
func (s *Scorer) Score(numbers []float64, texts [][]byte, times []schemas.Instant) (Answer, error) {
	if err := s.preparer.prepare(numbers, texts, times); err != nil {
		return Answer{Class: none}, err
	}
	s.evaluator.Evaluate(s.raw, s.out, s.preparer.row)
	for _, v := range s.out {
		if v-v != 0 {
			return Answer{Class: none}, &NotFiniteError{v}
		}
	}
	return s.bundle.decide(s.out), nil
}

// NotFiniteError is an answer that is none: nothing to publish or to judge.
type NotFiniteError struct{ Value float64 }

func (e *NotFiniteError) Error() string {
	return fmt.Sprintf("the model's answer is %v: its inputs are too large, or none that it takes", e.Value)
}

// decide turns the outputs of the model into an answer.
func (b *Bundle) decide(out []float64) Answer {
	switch n := len(b.Classes); {
	case n == 0:
		return Answer{Value: out[0], Class: none}
	case n == 2:
		p := out[len(out)-1]
		class := 0
		if p >= b.Threshold {
			class = 1
		}
		return Answer{Value: p, Class: class}
	}
	class := 0
	for i, p := range out {
		if p > out[class] { // the first of equals
			class = i
		}
	}
	return Answer{Value: out[class], Probabilities: out, Class: class}
}
