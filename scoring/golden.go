package scoring

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

const defaultTolerance = 1e-9

// testRow is a raw row of a test file and where it stands.
type testRow struct {
	place string
	raw   *raw
}

// golden returns the golden test of the spec. A bundle that has golden.csv and
// does not mention it means it.
func (b *Bundle) golden(f *files) *goldenSpec {
	g := b.spec.Tests.Golden
	if g == nil && f.exists(goldenFile) {
		g = &goldenSpec{File: goldenFile}
	}
	return g
}

// answerColumns are the columns that hold answers: value, or p0, p1, ….
func (b *Bundle) answerColumns() []string {
	if len(b.Classes) <= 2 {
		return []string{"value"}
	}
	names := make([]string, len(b.Classes))
	for i := range names {
		names[i] = "p" + strconv.Itoa(i)
	}
	return names
}

// checkGolden compares answers with those of the golden file, in which `error`
// stands for a row that cannot be prepared.
func (b *Bundle) checkGolden(f *files) (Check, []testRow) {
	check := Check{Name: CheckGolden}
	g := b.golden(f)
	if g == nil {
		check.Result = NotShown
		return check, nil
	}
	table, rows, err := b.testRows(f, g.File)
	if err != nil {
		return broken(CheckGolden, err), nil
	}
	if len(rows) == 0 {
		return broken(CheckGolden, fmt.Errorf("%s: has no rows", g.File)), nil
	}
	want, err := b.wantColumns(table, g)
	if err != nil {
		return broken(CheckGolden, err), rows
	}
	tolerance := defaultTolerance
	if m, ok := b.model.(hosted); ok {
		tolerance = m.Tolerance()
	}
	if g.Tolerance != nil {
		tolerance = *g.Tolerance
	}
	var wrong failure
	largest := 0.0
	s := b.NewScorer()
	for i, row := range rows {
		_, err := s.Score(row.raw.numbers, row.raw.texts, row.raw.times)
		if infinite := (*NotFiniteError)(nil); errors.As(err, &infinite) {
			err = nil // an answer that the library gives too can be expected
		}
		check.Rows++
		for _, column := range want {
			cell := strings.TrimSpace(table.Rows[i][column.at])
			difference, text := column.compare(s, err, cell)
			if text == "" && difference <= tolerance {
				largest = max(largest, difference)
				continue
			}
			wrong.add("%s: %s: expected %s, got %s", row.place, column.name, cell, column.got(s, err))
			break
		}
	}
	check.Detail = fmt.Sprintf("largest difference %.2g, tolerance %.2g", largest, tolerance)
	check.Figures = []Figure{{Name: "largest_difference", Value: largest, Maximum: &tolerance}}
	return wrong.result(check), rows
}

// goldenColumn is a column of expectations and the output it is about.
type goldenColumn struct {
	name   string
	at     int
	output int
	raw    bool
}

func (b *Bundle) wantColumns(table *Table, g *goldenSpec) ([]goldenColumn, error) {
	names := g.Columns
	if names == nil {
		names = b.answerColumns()
	}
	outputs := b.model.Outputs()
	want := len(b.answerColumns())
	if len(names) != want || g.Raw != nil && len(g.Raw) != outputs {
		return nil, fmt.Errorf("%s: the model answers %d columns and %d raw ones, tests.golden names %d and %d",
			g.File, want, outputs, len(names), len(g.Raw))
	}
	var columns []goldenColumn
	for i, name := range names {
		columns = append(columns, goldenColumn{name: name, at: table.column(name), output: outputs - want + i})
	}
	for i, name := range g.Raw {
		columns = append(columns, goldenColumn{name: name, at: table.column(name), output: i, raw: true})
	}
	for _, c := range columns {
		if c.at < 0 {
			return nil, fmt.Errorf("%s: has no column %q with the expected answers", g.File, c.name)
		}
	}
	return columns, nil
}

// compare returns how far the answer is from cell, relative to the larger of 1
// and what is expected, or why they cannot be compared.
func (c *goldenColumn) compare(s *Scorer, err error, cell string) (difference float64, text string) {
	if cell == "error" || err != nil {
		if cell == "error" && err != nil {
			return 0, ""
		}
		return 0, "differs"
	}
	want, parseErr := strconv.ParseFloat(cell, 64)
	if parseErr != nil || math.IsNaN(want) {
		return 0, "not a number"
	}
	got := c.value(s)
	if got == want { // infinities too
		return 0, ""
	}
	difference = math.Abs(got-want) / max(1, math.Abs(want))
	if math.IsNaN(difference) {
		return 0, "differs"
	}
	return difference, ""
}

func (c *goldenColumn) value(s *Scorer) float64 {
	if c.raw {
		return s.raw[c.output]
	}
	return s.out[c.output]
}

func (c *goldenColumn) got(s *Scorer, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return strconv.FormatFloat(c.value(s), 'g', -1, 64)
}

// testRows reads the inputs of a test file.
func (b *Bundle) testRows(f *files, name string) (*Table, []testRow, error) {
	table, err := f.table(name)
	if err != nil {
		return nil, nil, err
	}
	bound, err := b.plan.bind(table.Header)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	rows := make([]testRow, len(table.Rows))
	for i, cells := range table.Rows {
		rows[i] = testRow{place: fmt.Sprintf("%s line %d", name, table.Lines[i]), raw: b.plan.newRaw()}
		if err := bound.fill(rows[i].raw, cells); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", rows[i].place, err)
		}
	}
	return table, rows, nil
}
