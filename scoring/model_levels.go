package scoring

import (
	"errors"
	"fmt"
	"slices"

	"hindsight/schemas"
)

// checkLevels refuses features that stand for other categories than in the
// model file, where that names them.
func (b *Bundle) checkLevels() error {
	if m, ok := b.model.(interface{ Lists() [][]string }); ok {
		return b.checkLists(m.Lists())
	}
	m, ok := b.model.(interface{ Levels(i int) []string })
	features := b.model.Features()
	if !ok || len(features) != len(b.plan.columns) {
		return nil
	}
	var faults []error
	for i, column := range b.plan.columns {
		var want []string
		for _, level := range m.Levels(i) {
			want = append(want, schemas.Canonical(level))
		}
		if want != nil && !slices.Equal(want, b.plan.indexed(column)) {
			faults = append(faults, fmt.Errorf("feature %d, %q, was trained on the categories %s; preparation has to give these levels in this order, with encode: index",
				i+1, features[i], shortList(want)))
		}
	}
	return errors.Join(faults...)
}

// checkLists refuses levels that are a list of the model file in another order.
// The lists do not say of which features they are, and features without one may
// have levels too: codes that were made before the training.
func (b *Bundle) checkLists(lists [][]string) error {
	var faults []error
	for i, column := range b.plan.columns {
		levels := b.plan.indexed(column)
		if list := reordered(lists, levels); list != nil {
			faults = append(faults, fmt.Errorf("feature %d, %q, is the index of %s, and pandas_categorical in the model file has these in another order, %s, which the levels have to be in",
				i+1, column, shortList(levels), shortList(list)))
		}
	}
	return errors.Join(faults...)
}

// reordered returns the list that has what levels has, unless it, or another one,
// has it in the same order.
func reordered(lists [][]string, levels []string) (found []string) {
	sorted := slices.Sorted(slices.Values(levels))
	for _, list := range lists {
		if slices.Equal(list, levels) {
			return nil
		}
		if len(list) == len(levels) && slices.Equal(slices.Sorted(slices.Values(list)), sorted) {
			found = list
		}
	}
	return found
}
