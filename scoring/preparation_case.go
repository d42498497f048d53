package scoring

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// caseTolerance is how far a prepared number may be from its declaration,
// relative to the larger of 1 and what is declared: people write few digits.
const caseTolerance = 1e-9

// checkPreparation prepares the raw rows declared in bundle.yaml.
func (b *Bundle) checkPreparation() Check {
	cases := b.spec.Tests.Preparation
	check := Check{Name: CheckPreparation, Rows: len(cases)}
	if len(cases) == 0 {
		check.Result = NotShown
		return check
	}
	var wrong failure
	for i, c := range cases {
		name := c.Name
		if name == "" {
			name = fmt.Sprintf("case %d", i+1)
		}
		if err := b.runCase(c); err != nil {
			wrong.add("%s: %v", name, err)
		}
	}
	return wrong.result(check)
}

func (b *Bundle) runCase(c preparationCase) error {
	r := b.plan.newRaw()
	r.clear()
	var err error
	for i := range b.plan.inputs {
		in := &b.plan.inputs[i]
		if text, ok := c.Input[in.Name]; ok && err == nil {
			err = r.set(in, string(text))
		}
	}
	p := newPreparer(b.plan)
	if err == nil {
		err = p.prepare(r.numbers, r.texts, r.times)
	}
	if c.Error != "" {
		if err == nil {
			return fmt.Errorf("expected an error with %q, got %v", c.Error, p.row.X)
		}
		if !strings.Contains(err.Error(), c.Error) {
			return fmt.Errorf("expected an error with %q, got %q", c.Error, err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if c.Vector != nil && len(c.Vector) != len(p.row.X) {
		return fmt.Errorf("expected %d numbers, got the %d of %v", len(c.Vector), len(p.row.X), b.plan.columns)
	}
	for i, want := range c.Vector {
		if !isClose(p.row.X[i], want) {
			return fmt.Errorf("feature %q: expected %v, got %v", b.plan.columns[i], want, p.row.X[i])
		}
	}
	for _, name := range sortedKeys(c.Features) {
		i := slices.Index(b.plan.columns, name)
		if i < 0 {
			return fmt.Errorf("there is no feature %q; there are %q", name, b.plan.columns)
		}
		if want := c.Features[name]; !isClose(p.row.X[i], want) {
			return fmt.Errorf("feature %q: expected %v, got %v", name, want, p.row.X[i])
		}
	}
	return nil
}

func isClose(got, want float64) bool {
	return math.Abs(got-want) <= caseTolerance*max(1, math.Abs(want))
}
