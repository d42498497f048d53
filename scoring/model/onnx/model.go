package onnx

import (
	"sync"

	"hindsight/schemas"
	"hindsight/scoring/model"
)

// Model is an ONNX graph. It can be evaluated once it is started.
type Model struct {
	words      string   // of what the file says of itself
	classes    []string // that the file names or lets guess
	inputs     []input
	features   []string
	answer     answer
	outputs    int
	regression bool

	starting sync.Mutex
	data     []byte   // nil after Start: onnxruntime has it
	session  *session // nil until Start
}

// Parse reads a file; see [Model.For] for what it is to be.
func Parse(data []byte) (*Model, error) {
	g, err := readModel(data)
	if err != nil {
		return nil, err
	}
	m := &Model{words: g.describe()}
	if m.inputs, m.features, err = g.readInputs(); err != nil {
		return nil, err
	}
	if m.answer, err = g.readAnswer(); err != nil {
		return nil, err
	}
	if m.data, err = m.answer.only(data); err != nil {
		return nil, err
	}
	m.classes = g.guessClasses(&m.answer)
	return m.For(len(m.classes)), nil
}

// For returns the model as one of that many classes, 0 for a regression: a
// file says what is computed, and not always what it means.
func (m *Model) For(classes int) *Model {
	outputs := m.answer.width()
	if outputs == 0 {
		outputs = max(classes, 1)
	}
	return &Model{
		words: m.words, classes: m.classes, inputs: m.inputs, features: m.features,
		answer: m.answer, outputs: outputs, regression: classes == 0, data: m.data,
	}
}

// ClassNames returns the classes that the file names, as many numbers where it
// only tells how many there are, and none where it looks like a regression.
func (m *Model) ClassNames() []string { return m.classes }

// Features returns the names of the columns of all inputs.
func (m *Model) Features() []string { return m.features }

// Named reports whether the names are the file's: the columns of a matrix have none.
func (m *Model) Named() bool { return len(m.inputs) == len(m.features) }

// Levels returns the texts that feature i stands for, by number; nil for a number.
func (m *Model) Levels(i int) []string {
	for _, in := range m.inputs {
		if in.at == i {
			return in.levels
		}
	}
	return nil
}

// Classes returns the classes that the file names.
func (m *Model) Classes() []string {
	if m.regression {
		return nil
	}
	var classes []string
	for _, name := range m.answer.classes {
		classes = append(classes, schemas.Canonical(name))
	}
	return classes
}

// Outputs returns the number of values of the answer.
func (m *Model) Outputs() int { return m.outputs }

// Regression reports whether the outputs are values and not probabilities.
func (m *Model) Regression() bool { return m.regression }

// NeedsFinite is false: what NaN means is the graph's affair.
func (m *Model) NeedsFinite() bool { return false }

// Graph words who made the file, its inputs and its outputs.
func (m *Model) Graph() string { return m.words }

// Reference returns what Fast does: onnxruntime alone knows the answer.
func (m *Model) Reference() model.Evaluator { return m.Fast(nil) }

// Fast returns an evaluator with memory of its own. It panics before Start.
func (m *Model) Fast([]model.Block) model.Evaluator {
	m.starting.Lock()
	defer m.starting.Unlock()
	if m.session == nil {
		panic("BUG: an ONNX model is evaluated that was not started")
	}
	return m.session.newEvaluator()
}
