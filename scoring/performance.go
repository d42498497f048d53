package scoring

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"hindsight/schemas"
)

// checkPerformance scores the labelled rows of the bundle and compares the
// figures with their bounds.
func (b *Bundle) checkPerformance(f *files) (Check, []testRow) {
	check := Check{Name: CheckPerformance}
	p := b.spec.Tests.Performance
	if p == nil {
		check.Result = NotShown
		return check, nil
	}
	table, rows, err := b.testRows(f, p.File)
	if err != nil {
		return broken(CheckPerformance, err), nil
	}
	column := table.column(p.Label)
	switch {
	case column < 0:
		return broken(CheckPerformance, fmt.Errorf("%s: has no column %q with the truth", p.File, p.Label)), rows
	case len(rows) == 0:
		return broken(CheckPerformance, fmt.Errorf("%s: has no rows", p.File)), rows
	}
	var wrong failure
	r := &results{classes: len(b.Classes)}
	s := b.NewScorer()
	for i, row := range rows {
		answer, err := s.Score(row.raw.numbers, row.raw.texts, row.raw.times)
		if err == nil {
			err = b.addResult(r, answer, table.Rows[i][column])
		}
		if err != nil {
			wrong.add("%s: %v", row.place, err)
		}
		check.Rows++
	}
	if len(wrong.texts) > 0 {
		return wrong.result(check), rows
	}
	check.Figures = r.all()
	p.compare(check.Figures, &wrong)
	return wrong.result(check), rows
}

// addResult adds an answer and its truth.
func (b *Bundle) addResult(r *results, a Answer, label string) error {
	truth, target, err := b.truth(label)
	if err != nil {
		return err
	}
	r.values = append(r.values, a.Value)
	r.decided = append(r.decided, a.Class)
	r.truth = append(r.truth, truth)
	r.targets = append(r.targets, target)
	p := a.Value
	switch {
	case len(a.Probabilities) > 0:
		p = a.Probabilities[truth]
	case truth == 0:
		p = 1 - a.Value
	}
	r.pTruth = append(r.pTruth, p)
	return nil
}

// truth reads a label: the index of its class, or the value of a regression.
func (b *Bundle) truth(label string) (class int, target float64, err error) {
	text := schemas.Canonical(strings.TrimSpace(label))
	if len(b.Classes) == 0 {
		target, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(target) || math.IsInf(target, 0) {
			return none, 0, fmt.Errorf("label %q is not a finite number", label)
		}
		return none, target, nil
	}
	class = slices.Index(b.Classes, text)
	if class < 0 {
		return none, 0, fmt.Errorf("label %q is none of the classes %q", label, b.Classes)
	}
	return class, 0, nil
}

// compare puts the bounds beside the figures and reports those not kept.
func (p *performanceSpec) compare(figures []Figure, wrong *failure) {
	at := func(name string) *Figure {
		for i := range figures {
			if figures[i].Name == name {
				return &figures[i]
			}
		}
		wrong.add("%s: %s is not defined on these rows", p.File, name)
		return nil
	}
	for _, name := range sortedKeys(p.Minimum) {
		if bound, f := p.Minimum[name], at(name); f != nil {
			f.Minimum = &bound
			if !(f.Value >= bound) {
				wrong.add("%s: %s is %.6g, below the minimum of %g", p.File, name, f.Value, bound)
			}
		}
	}
	for _, name := range sortedKeys(p.Maximum) {
		if bound, f := p.Maximum[name], at(name); f != nil {
			f.Maximum = &bound
			if !(f.Value <= bound) {
				wrong.add("%s: %s is %.6g, above the maximum of %g", p.File, name, f.Value, bound)
			}
		}
	}
}
