package cli

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Without onnxruntime a bundle can be made and looked at, and not be tested.
func TestModelONNXWithoutRuntime(t *testing.T) {
	t.Setenv("HINDSIGHT_ONNXRUNTIME", "")
	file, err := os.Open("../scoring/model/onnx/testdata/catboost_two.onnx.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(unzipped)
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
