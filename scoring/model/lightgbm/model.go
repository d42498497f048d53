package lightgbm

import (
	"hindsight/scoring/model"
	"hindsight/scoring/model/tree"
)

// Model is a LightGBM booster. It is immutable and may be shared by goroutines.
type Model struct {
	features  []string
	levels    [][]string // per feature the texts of a pandas category, by code; nil where there are none
	levelsErr error      // why it is not known which features they are of
	lists     [][]string // all lists of the file, which have no names
	forest    *tree.Forest
	fast      *tree.Compiled
	objective objective
}

// MaxBytes limits a model file.
const MaxBytes = 256 << 20

// Features returns the names of the features.
func (m *Model) Features() []string { return m.features }

// Levels returns per feature the texts that it was trained with as a pandas
// category, in the order of their codes; nil where it was trained on numbers,
// and nil as a whole where all were. The error says that the file has texts and
// does not tell of which feature.
func (m *Model) Levels() ([][]string, error) { return m.levels, m.levelsErr }

// Lists returns the lists of pandas categories as they stand in the file, also
// where it does not tell of which features they are; nil where it has none.
func (m *Model) Lists() [][]string { return m.lists }

// Classes returns nil: the file counts classes and does not name them.
func (m *Model) Classes() []string { return nil }

// Outputs returns the number of sums.
func (m *Model) Outputs() int { return m.forest.Outputs }

// Regression reports whether the outputs are values and not probabilities.
func (m *Model) Regression() bool { return !m.objective.kind.probability() }

// NeedsFinite is false: NaN and the infinities go down a branch.
func (m *Model) NeedsFinite() bool { return false }

// Objective returns the objective as the file words it.
func (m *Model) Objective() string { return m.objective.text }

// Trees returns the number of trees, and Kernel how they are walked.
func (m *Model) Trees() int { return len(m.forest.Trees) }

// Kernel names the evaluator of the hot path.
func (m *Model) Kernel() string { return m.fast.Kernel() }

// Reference returns the evaluator that walks one tree after the other.
func (m *Model) Reference() model.Evaluator {
	return &evaluator{m.forest.Reference(), &m.objective}
}

// Fast returns the evaluator of the hot path; rows are read whole, blocks say nothing more.
func (m *Model) Fast([]model.Block) model.Evaluator {
	return &evaluator{m.fast.NewSummer(), &m.objective}
}

// Probe calls visit with rows at and around the thresholds of the trees.
func (m *Model) Probe(most int, visit func(x []float64)) { m.forest.Probe(most, visit) }

// Steps is about what one row costs at most.
func (m *Model) Steps() int { return m.fast.Steps() }

type evaluator struct {
	trees     tree.Summer
	objective *objective
}

func (e *evaluator) Evaluate(raw, out []float64, row model.Row) {
	e.trees.Sum(raw, row.X)
	e.objective.transform(out, raw)
}
