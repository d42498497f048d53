package scoring

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// Retrain trains the bundle's model n times again and checks that each gives
// the same bytes and keeps the bounds of the performance test. Without data
// it takes the rows that bundle.yaml names under train; where there are none
// the check is not shown. Nothing is written.
func (b *Bundle) Retrain(n int, data *Table, label string) (Check, error) {
	f, err := openFiles(b.dir)
	if err != nil {
		return Check{}, err
	}
	check := b.retrain(f, n, data, label)
	return check, f.close()
}

// trainingData returns the rows to train on: those given, else those that
// bundle.yaml names; nil where it names none.
func (b *Bundle) trainingData(f *files, data *Table, label string) (*Table, string, error) {
	if t := b.spec.Train; data == nil && t != nil && t.Data != "" {
		data, err := f.table(t.Data)
		return data, t.Label, err
	}
	return data, label, nil
}

func (b *Bundle) retrain(f *files, n int, data *Table, label string) Check {
	check := Check{Name: CheckRetrain}
	data, label, err := b.trainingData(f, data, label)
	if err != nil {
		return broken(CheckRetrain, err)
	}
	if data == nil {
		check.Result, check.Detail = NotShown, "bundle.yaml names no train.data; pass --data and --label"
		return check
	}
	stored, err := b.storedModel(f)
	if err != nil {
		return broken(CheckRetrain, err)
	}
	var wrong failure
	var first []byte
	for i := range n {
		bytesOf, figures, err := b.trainAgain(f, data, label)
		switch {
		case err != nil:
			return broken(CheckRetrain, fmt.Errorf("training %d: %w", i+1, err))
		case i == 0:
			first = bytesOf
			check.Figures = bounded(figures)
		case !bytes.Equal(first, bytesOf):
			wrong.add("training %d gave another model than the first", i+1)
		}
	}
	check.Rows = len(data.Rows)
	check.Detail = fmt.Sprintf("%d trainings gave the same bytes, which are not those of %s", n, b.spec.Model.File)
	if bytes.Equal(first, stored) {
		check.Detail = fmt.Sprintf("%d trainings gave the bytes of %s", n, b.spec.Model.File)
	}
	return wrong.result(check)
}

// bounded returns the figures that have a bound.
func bounded(figures []Figure) []Figure {
	return slices.DeleteFunc(figures, func(f Figure) bool { return f.Minimum == nil && f.Maximum == nil })
}

// trainAgain returns the bytes of a model trained anew and its figures on the
// performance rows; an error where it does not keep their bounds.
func (b *Bundle) trainAgain(f *files, data *Table, label string) ([]byte, []Figure, error) {
	fit, err := b.spec.fit(data, label)
	if err != nil {
		return nil, nil, err
	}
	again, err := assemble(b.spec, fit.values, fit.model)
	if err != nil {
		return nil, nil, err
	}
	check, _ := again.checkPerformance(f)
	if check.Result == Failed {
		return nil, nil, errors.New(check.Detail)
	}
	written := fit.model.AppendJSON(nil)
	if fit.values != nil {
		values, err := fit.values.encode()
		if err != nil {
			return nil, nil, err
		}
		written = append(written, values...)
	}
	return written, check.Figures, nil
}

// storedModel returns what training wrote: the model file, then fitted.json.
func (b *Bundle) storedModel(f *files) ([]byte, error) {
	stored, err := f.read(b.spec.Model.File, b.spec.format().limit)
	if err != nil || !b.spec.needsFit() {
		return stored, err
	}
	values, err := f.read(b.spec.Fitted, maxFittedBytes)
	return append(stored, values...), err
}
