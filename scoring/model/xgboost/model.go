package xgboost

import (
	"hindsight/scoring/model"
	"hindsight/scoring/model/tree"
)

// Model is an XGBoost booster. It is immutable and may be shared by goroutines.
type Model struct {
	features  []string
	levels    [][]string // per feature the texts of a category of a data frame, by code; nil where there are none
	outputs   int
	forest    *tree.Forest // nil for gblinear
	fast      *tree.Compiled
	linear    *linear // nil for trees
	objective objective
}

// MaxBytes limits a model file.
const MaxBytes = 256 << 20

// Features returns the names of the features, f0, f1, … where the file has none.
func (m *Model) Features() []string { return m.features }

// Levels returns the texts that feature i was trained with as a category of a
// data frame, in the order of their codes; nil where it was trained on numbers.
func (m *Model) Levels(i int) []string {
	if m.levels == nil {
		return nil
	}
	return m.levels[i]
}

// Classes returns nil: the file counts classes and does not name them.
func (m *Model) Classes() []string { return nil }

// Outputs returns the number of margins.
func (m *Model) Outputs() int { return m.outputs }

// Regression reports whether the outputs are values and not probabilities.
func (m *Model) Regression() bool { return !m.objective.link.probability() }

// NeedsFinite is false: NaN is missing, and the infinities go down a branch.
func (m *Model) NeedsFinite() bool { return false }

// Objective returns the name of the objective.
func (m *Model) Objective() string { return m.objective.name }

// Trees returns the number of trees, 0 for gblinear.
func (m *Model) Trees() int {
	if m.forest == nil {
		return 0
	}
	return len(m.forest.Trees)
}

// Kernel names the evaluator of the hot path.
func (m *Model) Kernel() string {
	if m.forest == nil {
		return "linear"
	}
	return m.fast.Kernel()
}

// Reference returns the evaluator that walks one tree after the other.
func (m *Model) Reference() model.Evaluator {
	if m.forest == nil {
		return &evaluator{m.linear, &m.objective}
	}
	return &evaluator{m.forest.Reference(), &m.objective}
}

// Fast returns the evaluator of the hot path; rows are read whole, blocks say nothing more.
func (m *Model) Fast([]model.Block) model.Evaluator {
	if m.forest == nil {
		return m.Reference()
	}
	return &evaluator{m.fast.NewSummer(), &m.objective}
}

// Probe calls visit with rows at and around the thresholds of the trees.
func (m *Model) Probe(most int, visit func(x []float64)) {
	if m.forest != nil {
		m.forest.Probe(most, visit)
	}
}

// Steps is about what one row costs at most.
func (m *Model) Steps() int {
	if m.forest == nil {
		return len(m.linear.weights)
	}
	return m.fast.Steps()
}

type evaluator struct {
	margins   tree.Summer
	objective *objective
}

func (e *evaluator) Evaluate(raw, out []float64, row model.Row) {
	e.margins.Sum(raw, row.X)
	e.objective.transform(out, raw)
}
