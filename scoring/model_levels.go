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
