//go:build !onnx

package onnx

import (
	"errors"
	"strings"
	"testing"
)

func TestPlainBuildSaysWhatItLacks(t *testing.T) {
	m, err := Parse(small())
	if err != nil {
		t.Fatal(err)
	}
	err = m.Start("/usr/lib/libonnxruntime.so")
	if !errors.Is(err, ErrNoRuntime) || !strings.Contains(err.Error(), "go build -tags onnx, and name libonnxruntime.so by model.onnxruntime or HINDSIGHT_ONNXRUNTIME") {
		t.Error(err)
	}
}
