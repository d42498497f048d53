package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"hindsight/scoring/model/parity"
)

// Without onnxruntime a bundle can be made and looked at, and not be tested.
func TestModelONNXWithoutRuntime(t *testing.T) {
	t.Setenv("HINDSIGHT_ONNXRUNTIME", "")
	data, err := parity.Unzipped("../scoring/model/onnx/testdata/catboost_two.onnx.gz")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "fraud@7")
	out, code := runModel(t, string(data), "import", "--from", "onnx", "-", "--name", "fraud", "--output", dir)
	if code != exitWell || !strings.Contains(out, "fraud@7 is in ") || !strings.Contains(out, "not tested here: ONNX models need onnxruntime") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	out, code = runModel(t, "", "inspect", dir)
	if code != exitWell || !strings.Contains(out, "CatBoost 1.2.10; ai.onnx.ml 2; 2 nodes; features float[?,6] → label int64[?], probabilities sequence") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if out, code = runModel(t, "", "test", dir); code != exitUsage || out != "" {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}
