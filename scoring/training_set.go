package scoring

import (
	"fmt"
	"math"
	"slices"

	"hindsight/schemas"
)

// trainingRows converts the inputs of data.
func (s *spec) trainingRows(data *Table) ([]testRow, error) {
	if len(data.Rows) == 0 {
		return nil, fmt.Errorf("%s: has no rows to learn from", data.Name)
	}
	p, err := newPlan(s, s.placeholders())
	if err != nil {
		return nil, err
	}
	bound, err := p.bind(data.Header)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", data.Name, err)
	}
	rows := make([]testRow, len(data.Rows))
	for i, cells := range data.Rows {
		rows[i] = testRow{place: fmt.Sprintf("%s line %d", data.Name, data.Lines[i]), raw: p.newRaw()}
		if err := bound.fill(rows[i].raw, cells); err != nil {
			return nil, fmt.Errorf("%s: %w", rows[i].place, err)
		}
	}
	return rows, nil
}

// placeholders stand in for what is yet to be learnt, so that a plan with the
// right slots can be made.
func (s *spec) placeholders() fitted {
	zero, one := 0.0, 1.0
	values := fitted{}
	for _, f := range s.Preparation {
		values[f.Feature] = fittedFeature{Fill: &zero, Mean: &zero, Std: &one, Levels: []string{"?"}}
	}
	return values
}

// fitPreparation learns every `fit` of the spec from the rows; nil where there is none.
func (s *spec) fitPreparation(rows []testRow) (fitted, error) {
	p, err := newPlan(s, s.placeholders())
	if err != nil {
		return nil, err
	}
	var values fitted
	for i := range p.features {
		declared := slices.IndexFunc(s.Preparation, func(f featureSpec) bool { return f.Feature == p.specs[i].Feature })
		if declared < 0 || !s.Preparation[declared].needsFit() {
			continue
		}
		want := &s.Preparation[declared]
		var learnt fittedFeature
		if want.Levels.fit {
			learnt.Levels = learnLevels(p.features[i].slot, rows)
		} else {
			learnt = learnNumber(p.features[i], want, rows)
		}
		if learnt.Levels == nil && learnt.Fill == nil && learnt.Mean == nil {
			return nil, fmt.Errorf("feature %q has no value in any row to learn from", want.Feature)
		}
		if values == nil {
			values = fitted{}
		}
		values[want.Feature] = learnt
	}
	return values, nil
}

// learnLevels returns the categories that occur, ascending.
func learnLevels(slot int, rows []testRow) []string {
	seen := map[string]bool{}
	for _, row := range rows {
		if text := row.raw.texts[slot]; text != nil {
			seen[schemas.Canonical(string(text))] = true
		}
	}
	if len(seen) == 0 {
		return nil
	}
	return sortedKeys(seen)
}

// learnNumber learns the mean that fills gaps, then mean and standard
// deviation after log1p and clip. Rows that cannot be prepared are left to the
// step that reports them.
func learnNumber(f feature, want *featureSpec, rows []testRow) (learnt fittedFeature) {
	value := func(row testRow) float64 {
		if f.source == fromTime {
			return f.timePart(row.raw.times[f.slot])
		}
		return row.raw.numbers[f.slot]
	}
	if want.Missing.word == "fit" {
		if mean, _, n := moments(rows, value); n > 0 {
			learnt.Fill = &mean
			f.fill = mean
		}
	}
	if want.Scale.fit {
		f.mean, f.std = 0, 1
		mean, std, n := moments(rows, func(row testRow) float64 {
			v, why := f.number(value(row))
			if why != "" {
				return math.NaN()
			}
			return v
		})
		if n > 0 {
			if std == 0 {
				std = 1
			}
			learnt.Mean, learnt.Std = &mean, &std
		}
	}
	return learnt
}

// moments returns mean and population standard deviation of the values that
// are not NaN, by two passes in the order of the rows.
func moments(rows []testRow, value func(testRow) float64) (mean, std float64, n int) {
	sum := 0.0
	for _, row := range rows {
		if v := value(row); v == v {
			sum += v
			n++
		}
	}
	mean = sum / float64(n)
	squares := 0.0
	for _, row := range rows {
		if v := value(row); v == v {
			squares += float64((v - mean) * (v - mean))
		}
	}
	return mean, math.Sqrt(squares / float64(n)), n
}

// trainingSet holds prepared rows without their zeros, and their truths.
type trainingSet struct {
	width   int
	start   []int // of each row in columns and values; one more than there are rows
	columns []int32
	values  []float64
	classes []int     // of each row; nil for a regression
	targets []float64 // of each row; nil for a classification
}

func (s *spec) newTrainingSet(p *plan, rows []testRow, data *Table, label string) (*trainingSet, error) {
	column := data.column(label)
	if column < 0 {
		return nil, fmt.Errorf("%s: has no column %q with the truth", data.Name, label)
	}
	set := &trainingSet{width: len(p.columns), start: []int{0}}
	b := &Bundle{Classes: s.Classes}
	preparer := newPreparer(p)
	var wrong failure
	for i, row := range rows {
		err := preparer.prepare(row.raw.numbers, row.raw.texts, row.raw.times)
		class, target, labelErr := b.truth(data.Rows[i][column])
		if err == nil {
			err = labelErr
		}
		if err != nil {
			wrong.add("%s: %v", row.place, err)
			continue
		}
		set.add(p, preparer)
		if s.Task == "regression" {
			set.targets = append(set.targets, target)
		} else {
			set.classes = append(set.classes, class)
		}
	}
	if check := wrong.result(Check{}); check.Result == Failed {
		return nil, fmt.Errorf("%s", check.Detail)
	}
	return set, s.checkClassesOccur(set, data.Name)
}

// checkClassesOccur refuses data without an example of some class: its
// probability would be a guess.
func (s *spec) checkClassesOccur(set *trainingSet, name string) error {
	for c, class := range s.Classes {
		if !slices.Contains(set.classes, c) {
			return fmt.Errorf("%s: no row is labelled %q", name, class)
		}
	}
	return nil
}

// add appends the prepared row.
func (t *trainingSet) add(p *plan, prepared *preparer) {
	for i := range p.features {
		f := &p.features[i]
		at, v := int32(f.at), 1.0
		if f.block == none {
			v = prepared.row.X[f.at]
		} else if at = prepared.row.Hot[f.block]; at == none {
			continue
		}
		if v != 0 {
			t.columns = append(t.columns, at)
			t.values = append(t.values, v)
		}
	}
	t.start = append(t.start, len(t.columns))
}

// rows returns the number of rows.
func (t *trainingSet) rows() int { return len(t.start) - 1 }

// row returns the columns and values of row i that are not 0.
func (t *trainingSet) row(i int) ([]int32, []float64) {
	from, to := t.start[i], t.start[i+1]
	return t.columns[from:to], t.values[from:to]
}
