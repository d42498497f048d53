package parity

import (
	"fmt"
	"math"

	"hindsight/scoring/model"
)

// Report is how answers compare.
type Report struct {
	Rows      int
	Identical int     // rows of which every number has the library's bits, NaN being equal to NaN
	Largest   float64 // difference of any two numbers; +Inf where only one of them is a number
	First     string  // the first difference in words
}

// Compare scores rows with e and compares both the sums and the answers.
func Compare(m model.Model, e model.Evaluator, rows *Rows) Report {
	r := Report{Rows: len(rows.X)}
	raw, out := make([]float64, m.Outputs()), make([]float64, m.Outputs())
	for i, x := range rows.X {
		e.Evaluate(raw, out, model.Row{X: x})
		same := true
		for _, pair := range [...]struct {
			what      string
			got, want []float64
		}{{"raw", raw, rows.Raw[i]}, {"answer", out, rows.Out[i]}} {
			if len(pair.want) == 0 {
				continue
			}
			for j := range pair.got {
				d := difference(pair.got[j], pair.want[j])
				if d < 0 {
					continue
				}
				if r.First == "" {
					r.First = fmt.Sprintf("row %d, %s %d: %v, the library says %v", i, pair.what, j, pair.got[j], pair.want[j])
				}
				same, r.Largest = false, max(r.Largest, d)
			}
		}
		if same {
			r.Identical++
		}
	}
	return r
}

// difference is -1 where the bits are the same or both are NaN.
func difference(got, want float64) float64 {
	if math.Float64bits(got) == math.Float64bits(want) || got != got && want != want {
		return -1
	}
	if d := math.Abs(got - want); d == d {
		return d
	}
	return math.Inf(1)
}
