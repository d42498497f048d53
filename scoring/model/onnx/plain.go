//go:build !onnx

package onnx

import (
	"fmt"

	"hindsight/scoring/model"
)

type session struct{}

func (*session) newEvaluator() model.Evaluator { return nil }

// Start fails: this program was built without onnxruntime.
func (m *Model) Start(string) error {
	return fmt.Errorf("%w, which this program was built without; build it by: CGO_ENABLED=1 go build -tags onnx, "+
		"and name libonnxruntime.so by model.onnxruntime or %s", ErrNoRuntime, Variable)
}

// Runtime returns the version of onnxruntime.
func (m *Model) Runtime() string { return "" }
