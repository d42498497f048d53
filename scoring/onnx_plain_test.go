//go:build !onnx

package scoring

import (
	"errors"
	"testing"
)

func TestLoadSaysThatONNXTakesATag(t *testing.T) {
	_, _, err := Load(writeONNX(t, "torch_sigmoid"), ONNXRuntime("/usr/lib/libonnxruntime.so"))
	if !errors.Is(err, ErrNoRuntime) {
		t.Error(err)
	}
	wantErrors(t, err, "ONNX models need onnxruntime, which this program was built without; build it by: CGO_ENABLED=1 go build -tags onnx")
}
