//go:build onnx

package scoring

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func needONNXRuntime(t *testing.T) {
	t.Helper()
	if os.Getenv("HINDSIGHT_ONNXRUNTIME") == "" {
		t.Skip("HINDSIGHT_ONNXRUNTIME names no libonnxruntime.so; make onnx does")
	}
}

// addGolden gives a bundle the rows of testdata and what to expect of them.
func addGolden(t *testing.T, dir, name, golden string) {
	t.Helper()
	spec := readText(t, filepath.Join(dir, bundleFile)) + "tests: {golden: {file: golden.csv.gz, " + golden + "}}\n"
	for file, text := range map[string]string{bundleFile: spec, "golden.csv.gz": readText(t, "model/onnx/testdata/"+name+".csv.gz")} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestONNXAgreesWithBothLibraries: bundles load by their golden rows, to the
// default tolerance of the format, against onnxruntime in Python and against
// the library that trained.
func TestONNXAgreesWithBothLibraries(t *testing.T) {
	needONNXRuntime(t)
	files, err := filepath.Glob("model/onnx/testdata/*.onnx.gz")
	if err != nil || len(files) < 18 {
		t.Fatalf("only %d models, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".onnx.gz")
		t.Run(name, func(t *testing.T) {
			for _, library := range []string{"onnx", "library"} {
				dir := writeONNX(t, name)
				b, err := Open(dir)
				if err != nil {
					t.Fatal(err)
				}
				var columns []string
				for i := range b.answerColumns() {
					columns = append(columns, library+string(rune('0'+i)))
				}
				addGolden(t, dir, name, "columns: "+quotedList(columns))
				_, c, err := Load(dir, Require(CheckGolden))
				if err != nil {
					t.Errorf("%s: %v", library, err)
					continue
				}
				for _, check := range c.Checks {
					if check.Name == CheckGolden && (check.Rows < 300 || !strings.HasSuffix(check.Detail, "tolerance 1e-06")) {
						t.Errorf("%s: %+v", library, check)
					}
				}
			}
		})
	}
}

func TestONNXBundleIsTested(t *testing.T) {
	needONNXRuntime(t)
	dir := writeONNX(t, "sk_rf")
	addGolden(t, dir, "sk_rf", "columns: [f0]")
	_, c, err := Load(dir)
	wantErrors(t, err, "golden: golden.csv.gz line 2: f0: expected", "and 697 more")
	results := byName(c)
	if results[CheckReference] != NotShown || results[CheckRepeatable] != Passed || results[CheckRuntime] != Passed {
		t.Errorf("%+v", c)
	}
	if _, _, err := Load(writeONNX(t, "sk_rf"), ONNXRuntime("/nowhere.so")); !errors.Is(err, ErrNoRuntime) {
		t.Error(err)
	}
}

// A graph that only onnxruntime can see through fails the bundle, not the machine.
func TestONNXRuntimeFailsTheBundle(t *testing.T) {
	needONNXRuntime(t)
	dir := writeONNX(t, "torch_sigmoid")
	file := filepath.Join(dir, "model.onnx")
	if err := os.WriteFile(file, []byte(strings.Replace(readText(t, file), "Sigmoid", "Sigmold", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	_, c, err := Load(dir)
	wantErrors(t, err, "runtime: model.onnx: onnxruntime", "Sigmold")
	if c == nil || c.Passed || errors.Is(err, ErrNoRuntime) {
		t.Errorf("%+v", c)
	}
}
