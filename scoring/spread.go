package scoring

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Spread trains the model n times on rows drawn with replacement from those of
// Retrain (the bootstrap of Efron, 1979), by the seeds 1 to n, and tells the
// lowest and the highest of each figure on the performance rows: how much the
// model owes to the rows that it happened to see. It is shown, not judged: a
// resample holds only about 63 % of the rows. Nothing is written.
func (b *Bundle) Spread(n int, data *Table, label string) (Check, error) {
	f, err := openFiles(b.dir)
	if err != nil {
		return Check{}, err
	}
	check := b.spread(f, n, data, label)
	return check, f.close()
}

func (b *Bundle) spread(f *files, n int, data *Table, label string) Check {
	check := Check{Name: CheckSpread, Result: NotShown}
	data, label, err := b.trainingData(f, data, label)
	if err != nil {
		return broken(CheckSpread, err)
	}
	if data == nil || b.spec.Tests.Performance == nil {
		check.Detail = "wants rows to train on and a performance test"
		return check
	}
	kept, failed := 0, error(nil)
	values := map[string][]float64{}
	for seed := range n {
		figures, ok, err := b.trainResampled(f, resample(data, uint64(seed)+1), label)
		if err != nil {
			failed = err
			continue
		}
		if ok {
			kept++
		}
		for _, figure := range figures {
			values[figure.Name] = append(values[figure.Name], figure.Value)
		}
	}
	check.Result, check.Rows = Passed, len(data.Rows)
	check.Detail = fmt.Sprintf("%d of %d trainings on resampled rows (seeds 1 to %d) keep the bounds", kept, n, n)
	if failed != nil {
		check.Detail += fmt.Sprintf("; the last that failed: %v", failed)
	}
	for _, name := range sortedKeys(values) {
		check.Figures = append(check.Figures,
			Figure{Name: name + "_lowest", Value: slices.Min(values[name])},
			Figure{Name: name + "_highest", Value: slices.Max(values[name])})
	}
	return check
}

// trainResampled returns the figures on the performance rows that have a
// bound, and whether all of them keep it.
func (b *Bundle) trainResampled(f *files, data *Table, label string) ([]Figure, bool, error) {
	fit, err := b.spec.fit(data, label)
	if err != nil {
		return nil, false, err
	}
	again, err := assemble(b.spec, fit.values, fit.model)
	if err != nil {
		return nil, false, err
	}
	check, _ := again.checkPerformance(f)
	return bounded(check.Figures), check.Result == Passed, nil
}

// resample draws as many rows as there are, with replacement.
func resample(data *Table, seed uint64) *Table {
	random := rand.New(rand.NewPCG(seed, 0x626f6f7473747261))
	drawn := &Table{Name: data.Name, Header: data.Header}
	for range data.Rows {
		at := random.IntN(len(data.Rows))
		drawn.Rows, drawn.Lines = append(drawn.Rows, data.Rows[at]), append(drawn.Lines, data.Lines[at])
	}
	return drawn
}
