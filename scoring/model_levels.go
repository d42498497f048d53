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

// checkLists refuses levels that are none of the lists of the model file, which
// do not say of which features they are; each list is of one feature. Features
// that come as codes have no levels and use none.
func (b *Bundle) checkLists(lists [][]string) error {
	if len(lists) == 0 {
		return nil
	}
	var faults []error
	for i, column := range b.plan.columns {
		levels := b.plan.indexed(column)
		if levels == nil {
			continue
		}
		var ok bool
		if lists, ok = without(lists, levels); !ok {
			faults = append(faults, fmt.Errorf("feature %d, %q, is the index of %s, which in this order is none of the lists under pandas_categorical in the model file, or is there for another feature; the levels have to be those of the training, in their order",
				i+1, column, shortList(levels)))
		}
	}
	return errors.Join(faults...)
}

// without returns lists without one that is list, and whether there was one.
func without(lists [][]string, list []string) ([][]string, bool) {
	i := slices.IndexFunc(lists, func(l []string) bool { return slices.Equal(l, list) })
	if i < 0 {
		return lists, false
	}
	return slices.Concat(lists[:i], lists[i+1:]), true
}
