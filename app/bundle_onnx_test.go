//go:build onnx

package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hindsight/app/config"
	"hindsight/scoring"
	"hindsight/scoring/model/parity"
)

// The library is found by the configuration where the environment names none.
func TestLoadBundleOfONNX(t *testing.T) {
	library := os.Getenv("HINDSIGHT_ONNXRUNTIME")
	if library == "" {
		t.Skip("HINDSIGHT_ONNXRUNTIME names no libonnxruntime.so; make onnx does")
	}
	t.Setenv("HINDSIGHT_ONNXRUNTIME", "")
	data, err := parity.Unzipped("../scoring/model/onnx/testdata/torch_sigmoid.onnx.gz")
	if err != nil {
		t.Fatal(err)
	}
	bundles := t.TempDir()
	if err := scoring.Import("onnx", data, "net", "1", filepath.Join(bundles, "net@1")); err != nil {
		t.Fatal(err)
	}
	m := config.Model{Bundles: bundles, Champion: "net@1"}
	if _, _, err := LoadBundle(t.Context(), m); err == nil || !strings.Contains(err.Error(), "name libonnxruntime.so by model.onnxruntime") {
		t.Errorf("without the key: %v", err)
	}
	m.ONNXRuntime = library
	b, _, err := LoadBundle(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := b.NewScorer().Score([]float64{1, 0, -1, 0.5, 0, 2}, nil, nil)
	if err != nil || !(answer.Value > 0 && answer.Value < 1) {
		t.Errorf("%+v, %v", answer, err)
	}
}
