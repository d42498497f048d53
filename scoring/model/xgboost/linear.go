package xgboost

import (
	"fmt"

	"hindsight/scoring/model/tree"
)

// linear is gblinear: sums of products in float32. What is missing adds nothing.
type linear struct {
	width, outputs int
	base           float32   // that of the first output counts for all, as in XGBoost
	weights        []float32 // outputs for each feature, then the biases
}

func parseLinear(booster *node, width int, base []float64) (*linear, error) {
	l := &linear{width: width, outputs: len(base), base: float32(base[0])}
	var err error
	if l.weights, err = booster.floats("model.weights", (width+1)*l.outputs); err != nil {
		return nil, err
	}
	for i, w := range l.weights {
		if w-w != 0 {
			return nil, fmt.Errorf("model.weights: entry %d is %v, not finite", i, w)
		}
	}
	return l, nil
}

var _ tree.Summer = (*linear)(nil)

// Sum adds the products in the order of the features.
func (l *linear) Sum(sums, x []float64) {
	for g := range sums {
		sum := l.weights[l.width*l.outputs+g] + l.base
		for i := range l.width {
			if v := float32(x[i]); v == v {
				sum += float32(v * l.weights[i*l.outputs+g])
			}
		}
		sums[g] = float64(sum)
	}
}
