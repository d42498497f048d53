package scoring

import (
	"fmt"
	"math"
	"strconv"

	"hindsight/schemas"
	"hindsight/scoring/model"
)

// PrepareError says which input of a row cannot be prepared, and why.
type PrepareError struct {
	Input  string
	Value  string // as text; "" where it is missing
	Reason string
}

func (e *PrepareError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("input %q %s", e.Input, e.Reason)
	}
	return fmt.Sprintf("input %q: %q %s", e.Input, e.Value, e.Reason)
}

// preparer turns raw rows into prepared ones in its own memory.
type preparer struct {
	plan    *plan
	row     model.Row
	scratch []byte
}

func newPreparer(p *plan) *preparer {
	row := model.Row{X: make([]float64, len(p.columns)), Hot: make([]int32, len(p.blocks))}
	for i := range row.Hot {
		row.Hot[i] = none
	}
	return &preparer{plan: p, row: row}
}

// prepare fills p.row, which is valid until the next call. The row is whole
// only where there is no error.
func (p *preparer) prepare(numbers []float64, texts [][]byte, times []schemas.Instant) error {
	if len(numbers) < p.plan.numbers || len(texts) < p.plan.texts || len(times) < p.plan.times {
		return fmt.Errorf("a row of %d numbers, %d texts and %d times is too short: wants %d, %d and %d",
			len(numbers), len(texts), len(times), p.plan.numbers, p.plan.texts, p.plan.times)
	}
	x := p.row.X
	odd := 0.0 // becomes NaN with the first that is not finite
	for i := range p.plan.scaled {
		s := &p.plan.scaled[i]
		v := (numbers[s.slot] - s.mean) / s.std
		x[s.at] = v
		odd += v - v
	}
	features := p.plan.rest
	if odd != 0 {
		features = p.plan.features // what is not finite is filled or refused
	}
	for i := range features {
		f := &features[i]
		if f.simple {
			if v := (numbers[f.slot] - f.mean) / f.std; v-v == 0 {
				continue // stands already
			}
		}
		var v float64
		var index int32
		var why problem
		switch f.source {
		case fromText:
			index, why = f.category(texts[f.slot], &p.scratch)
			v = float64(index)
			if index == none {
				v = math.NaN()
			}
		case fromTime:
			v, why = f.number(f.timePart(times[f.slot]))
		default:
			v, why = f.number(numbers[f.slot])
		}
		if why != "" {
			return f.fail(why, numbers, texts, times)
		}
		if f.source != fromText && f.edges != nil {
			index = f.bucket(v)
			if index != none {
				v = float64(index)
			}
		}
		if f.block == none {
			x[f.at] = v
			continue
		}
		p.setHot(f, index)
	}
	return nil
}

// setHot moves the indicator of f's block, touching two columns however wide it is.
func (p *preparer) setHot(f *feature, index int32) {
	if old := p.row.Hot[f.block]; old != none {
		p.row.X[old] = 0
	}
	if index == none {
		p.row.Hot[f.block] = none
		return
	}
	hot := int32(f.at) + index
	p.row.X[hot] = 1
	p.row.Hot[f.block] = hot
}

func (f *feature) fail(why problem, numbers []float64, texts [][]byte, times []schemas.Instant) error {
	e := &PrepareError{Input: f.input, Reason: string(why)}
	switch {
	case why == isMissing:
	case f.source == fromText:
		e.Value = string(texts[f.slot])
		if len(e.Value) > maxTextSize {
			e.Value = e.Value[:maxTextSize] + "…"
		}
	case f.source == fromTime:
		e.Value = times[f.slot].String()
	default:
		e.Value = strconv.FormatFloat(numbers[f.slot], 'g', -1, 64)
	}
	return e
}
