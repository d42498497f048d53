package scoring

import "hindsight/scoring/model/onnx"

// ErrNoRuntime is wrapped by what Load and Test return where the program or
// the machine cannot evaluate a bundle's format, whatever the bundle is worth.
var ErrNoRuntime = onnx.ErrNoRuntime

// hosted is a model that a library outside this program evaluates.
type hosted interface {
	// Start readies the evaluators with the library of that path; "" leaves it
	// to the environment.
	Start(library string) error
	Runtime() string    // name and version of the library
	Tolerance() float64 // of answers that the same model gave elsewhere
}

// ONNXRuntime names the shared library that evaluates ONNX models.
func ONNXRuntime(path string) Option {
	return func(o *options) { o.onnxRuntime = path }
}
