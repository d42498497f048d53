package model

// Model is a parsed model file. It is immutable and may be shared by goroutines.
type Model interface {
	// Features are the names of the prepared features, in the order of Row.X.
	Features() []string
	// Classes are the classes in canonical text, in the order of the outputs;
	// nil for a regression and for a file that does not name them.
	Classes() []string
	// Outputs is 1 for a regression and for the probability of the positive of
	// two classes, else the number of classes.
	Outputs() int
	// Regression reports whether the outputs are values and not probabilities.
	Regression() bool
	// NeedsFinite reports whether NaN and the infinities have no meaning to the
	// model. Tree models send them down a branch, sums of products cannot.
	NeedsFinite() bool
	// Reference returns the readable evaluator, the definition of the answer.
	Reference() Evaluator
	// Fast returns the evaluator of the hot path. Blocks are the one-hot runs
	// of the rows to come, ascending and apart; Row.Hot has one entry for each.
	Fast(blocks []Block) Evaluator
}

// Evaluator scores prepared rows without allocating. It belongs to one goroutine.
type Evaluator interface {
	// Evaluate writes the raw scores (before sigmoid, softmax or exp) and the
	// transformed ones. Both slices have the length Outputs; row fits the model.
	Evaluate(raw, out []float64, row Row)
}

// Row is one prepared row. X alone says everything; Hot saves adding up zeros.
type Row struct {
	X   []float64 // one value per feature, indicators included
	Hot []int32   // per block the index in X that is 1, or -1 where all are 0
}

// Block is a run of features of which at most one is 1 and all others are 0.
type Block struct{ Start, Len int }
