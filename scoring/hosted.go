package scoring

import (
	"errors"
	"fmt"
	"slices"

	"hindsight/scoring/model/onnx"
)

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

// start hands the model to its library, unless its signature is wrong, or
// missing and required: what nobody vouches for is not to reach foreign code.
func (b *Bundle) start(m hosted, c *Certificate, o *options) error {
	for _, check := range c.Checks {
		missing := check.Result == NotShown && slices.Contains(o.require, CheckSignature)
		if check.Name == CheckSignature && (missing || check.Result == Failed) {
			return c.require([]string{CheckSignature})
		}
	}
	err := m.Start(o.onnxRuntime)
	switch {
	case errors.Is(err, ErrNoRuntime):
		return err
	case err != nil:
		c.Add(broken(CheckRuntime, fmt.Errorf("%s: %w", b.spec.Model.File, err)))
	default:
		c.Add(Check{Name: CheckRuntime, Result: Passed, Detail: m.Runtime()})
	}
	return nil
}
