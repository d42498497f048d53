package onnx

import "errors"

// Tolerance is how far an answer may be from that of another machine, version
// or batch: sums of float32 are added up in another order there.
const Tolerance = 1e-6

// Variable of the environment that names the library where no setting does.
const Variable = "HINDSIGHT_ONNXRUNTIME"

// ErrNoRuntime is wrapped by what Start returns where it is the program or the
// machine that cannot evaluate ONNX, not the model.
var ErrNoRuntime = errors.New("ONNX models need onnxruntime")

// Tolerance returns [Tolerance].
func (m *Model) Tolerance() float64 { return Tolerance }
