package scoring

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"hindsight/schemas"
)

// binding says in which column of a table each input stands.
type binding struct {
	plan    *plan
	columns []int // per input
}

// bind finds the inputs in a header by name, else by path. It returns every
// column that is missing.
func (p *plan) bind(header []string) (*binding, error) {
	at := make(map[string]int, len(header))
	for i, name := range header {
		at[name] = i
	}
	b := &binding{plan: p, columns: make([]int, len(p.inputs))}
	var faults []error
	for i, in := range p.inputs {
		column, ok := at[in.Name]
		if !ok {
			column, ok = at[in.Path]
		}
		if !ok {
			faults = append(faults, fmt.Errorf("column %q is missing", in.Name))
		}
		b.columns[i] = column
	}
	return b, errors.Join(faults...)
}

// fill converts the cells of one row into r.
func (b *binding) fill(r *raw, cells []string) error {
	for i := range b.plan.inputs {
		if err := r.set(&b.plan.inputs[i], cells[b.columns[i]]); err != nil {
			return err
		}
	}
	return nil
}

// set converts one cell; empty and nan are missing.
func (r *raw) set(in *planInput, cell string) error {
	text := strings.TrimSpace(cell)
	missing := text == "" || strings.EqualFold(text, "nan")
	switch in.Type {
	case categoryInput:
		r.texts[in.slot] = nil
		if !missing {
			r.texts[in.slot] = []byte(schemas.Canonical(text))
		}
		return nil
	case timeInput:
		r.times[in.slot] = schemas.Beginning
		if !missing {
			instant, err := schemas.ParseInstant(text)
			if err != nil {
				return &PrepareError{in.Name, cell, "is not a time"}
			}
			r.times[in.slot] = instant
		}
		return nil
	}
	if missing {
		r.numbers[in.slot] = math.NaN()
		return nil
	}
	if in.Type == booleanInput {
		text = schemas.Canonical(text)
	}
	v, err := strconv.ParseFloat(text, 64)
	switch {
	case in.Type == booleanInput && (err != nil || v != 0 && v != 1):
		return &PrepareError{in.Name, cell, "is not a boolean"}
	case err != nil && !errors.Is(err, strconv.ErrRange), strings.ContainsAny(text, "xX_"):
		return &PrepareError{in.Name, cell, "is not a number"}
	}
	r.numbers[in.slot] = v
	return nil
}
