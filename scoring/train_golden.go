package scoring

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
)

const (
	goldenRows = 200
	neverSeen  = "(never seen)" // a category that no data has
)

// makeGolden returns golden.csv: rows of the training data chosen by the seed,
// and edge rows made of the first (each input missing, each category unknown,
// each number 0), with the Reference's answers.
func (b *Bundle) makeGolden(data *Table) ([]byte, error) {
	bound, err := b.plan.bind(data.Header)
	if err != nil {
		return nil, err
	}
	header := make([]string, 0, len(b.plan.inputs)+1)
	for _, in := range b.plan.inputs {
		header = append(header, in.Name)
	}
	answers := b.answerColumns()
	if g := b.spec.Tests.Golden; g != nil && g.Columns != nil {
		answers = g.Columns
	}
	for _, name := range answers {
		if slices.Contains(header, name) {
			return nil, fmt.Errorf("an input is called %q like an answer; name the answers by tests.golden.columns", name)
		}
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	if err := w.Write(append(header, answers...)); err != nil {
		return nil, err
	}
	s := b.newScorer(b.model.Reference())
	for _, cells := range b.goldenInputs(bound, data) {
		if err := w.Write(append(cells, b.goldenAnswer(s, cells, len(answers))...)); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// goldenInputs returns the raw inputs of the golden rows, in the order of the plan.
func (b *Bundle) goldenInputs(bound *binding, data *Table) [][]string {
	inputs := func(cells []string) []string {
		row := make([]string, len(bound.columns))
		for i, column := range bound.columns {
			row[i] = cells[column]
		}
		return row
	}
	var rows [][]string
	for _, at := range pick(len(data.Rows), goldenRows, b.spec.Seed) {
		rows = append(rows, inputs(data.Rows[at]))
	}
	for i, in := range b.plan.inputs {
		edges := []string{""}
		switch in.Type {
		case categoryInput:
			edges = append(edges, neverSeen)
		case numberInput, booleanInput:
			edges = append(edges, "0")
		}
		for _, cell := range edges {
			row := inputs(data.Rows[0])
			row[i] = cell
			rows = append(rows, row)
		}
	}
	return rows
}

// goldenAnswer scores one row of inputs; `error` where it cannot be prepared.
func (b *Bundle) goldenAnswer(s *Scorer, cells []string, answers int) []string {
	texts := make([]string, answers)
	r := b.plan.newRaw()
	var err error
	for i := range b.plan.inputs {
		if err == nil {
			err = r.set(&b.plan.inputs[i], cells[i])
		}
	}
	if err == nil {
		_, err = s.Score(r.numbers, r.texts, r.times)
	}
	for i := range texts {
		if texts[i] = "error"; err == nil {
			texts[i] = strconv.FormatFloat(s.out[len(s.out)-answers+i], 'g', -1, 64)
		}
	}
	return texts
}

// pick returns n of 0 … from-1, ascending, all of them where from is smaller.
func pick(from, n int, seed uint64) []int {
	random := rand.New(rand.NewPCG(seed, 0x68696e6473696768))
	chosen := random.Perm(from)[:min(n, from)]
	slices.Sort(chosen)
	return chosen
}
