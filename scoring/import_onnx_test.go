package scoring

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeONNX imports a model of testdata as m@1.
func writeONNX(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "m@1")
	if err := Import("onnx", unzip(t, "model/onnx/testdata/"+name+".onnx.gz"), "m", "1", dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestImportONNX(t *testing.T) {
	for name, want := range map[string][]string{
		"sklearn_pipeline_logistic": {"task: classification", `classes: ["0", "1"]`, `{name: "age", type: number}`, `{name: "city", type: category}`,
			`{input: "city", levels: ["ams", "ber", "cph", "dub"], encode: index, unknown: ignore, missing: ignore}`},
		"catboost_three_texts": {`classes: ["high", "low", "mid"]`, `{name: "f0", type: number}`},
		"catboost_regression":  {"task: regression", "model: {file: model.onnx, format: onnx}"},
		"torch_sigmoid":        {`classes: ["0", "1"]`},
	} {
		dir := writeONNX(t, name)
		spec := readText(t, filepath.Join(dir, bundleFile))
		for _, line := range want {
			if !strings.Contains(spec, line) {
				t.Errorf("%s: no %q in\n%s", name, line, spec)
			}
		}
		b, err := Open(dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if d := b.Describe(); d.Format != "onnx" || !strings.Contains(d.Graph, " → ") {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

// A network that looks like a regression may be one of two classes, if the
// bundle says so; what cannot be is refused.
func TestONNXIsWhatTheBundleSays(t *testing.T) {
	for name, test := range map[string]struct{ model, old, new, want string }{
		"a regression":           {"torch_sigmoid", "classification\nmodel: {file: model.onnx, format: onnx}\nclasses: [\"0\", \"1\"]", "regression\nmodel: {format: onnx}", ""},
		"other names":            {"torch_sigmoid", `["0", "1"]`, "[good, bad]", ""},
		"not of the file":        {"catboost_three_texts", `"high"`, `"tall"`, `has the classes ["high" "low" "mid"], bundle.yaml ["tall" "low" "mid"]`},
		"too many":               {"torch_softmax", `"3"]`, `"3", "4"]`, "has 4 outputs for 5 classes"},
		"texts in another order": {"sklearn_pipeline_logistic", `["ams", "ber"`, `["ber", "ams"`, `feature 4, "city", was trained on the categories ams | ber | cph | dub; preparation has to give these levels in this order`},
		"texts one by one":       {"sklearn_pipeline_logistic", "encode: index", "encode: one-hot", "has 5 features, preparation makes 8"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := writeONNX(t, test.model)
			file := filepath.Join(dir, bundleFile)
			spec := strings.Replace(readText(t, file), test.old, test.new, 1)
			if !strings.Contains(spec, test.new) {
				t.Fatalf("%q is not in\n%s", test.old, spec)
			}
			if err := os.WriteFile(file, []byte(spec), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir); test.want != "" {
				wantErrors(t, err, test.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// What nobody signed does not reach onnxruntime, where a signature is required.
func TestUnsignedONNXIsNotStarted(t *testing.T) {
	t.Setenv("HINDSIGHT_ONNXRUNTIME", "")
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := writeONNX(t, "torch_sigmoid")
	load := func() error {
		_, _, err := Load(dir, Trust(public), Require(CheckSignature), ONNXRuntime("/nowhere.so"))
		return err
	}
	if err := load(); err == nil || errors.Is(err, ErrNoRuntime) || !strings.Contains(err.Error(), "signature: is required") {
		t.Errorf("unsigned: %v", err)
	}
	if err := Sign(dir, private); err != nil {
		t.Fatal(err)
	}
	if err := load(); !errors.Is(err, ErrNoRuntime) {
		t.Errorf("signed: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "signature"), []byte("AAAA\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := load(); err == nil || errors.Is(err, ErrNoRuntime) || !strings.Contains(err.Error(), "none of the 1 trusted keys") {
		t.Errorf("signed by another: %v", err)
	}
}

// The columns of a matrix have no names in the file; MLflow's signature knows them.
func TestImportMLflowNamesTheColumns(t *testing.T) {
	mlmodel := func(inputs string) map[string]string {
		return map[string]string{
			"MLmodel": "flavors:\n  onnx:\n    code: null\n    data: model.onnx\n    onnx_version: 1.23.2\n  python_function:\n    loader_module: mlflow.onnx\n" +
				"signature:\n  inputs: '" + inputs + "'\n",
			"model.onnx": string(unzip(t, "model/onnx/testdata/sklearn_boosting.onnx.gz")),
		}
	}
	named := `[{"name":"a b"},{"name":"age"},{"name":"x.y"},{"name":"d"},{"name":"e"},{"name":"f"}]`
	dir := filepath.Join(t.TempDir(), "m@1")
	if err := ImportMLflow(writeBundle(t, mlmodel(named)), "m", "1", dir); err != nil {
		t.Fatal(err)
	}
	b, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if fields := b.Fields(); fields[0].Path != "a b" || fields[2].Path != "x.y" || b.Describe().Inputs[2].Name != "f2" {
		t.Errorf("%+v", fields)
	}
	if err := ImportMLflow(writeBundle(t, mlmodel(`[{"type":"tensor","tensor-spec":{"dtype":"float32","shape":[-1,6]}}]`)), "m", "1", filepath.Join(t.TempDir(), "m")); err != nil {
		t.Errorf("a signature of tensors: %v", err)
	}
	err = ImportMLflow(writeBundle(t, mlmodel(`[{"name":"a"}]`)), "m", "1", filepath.Join(t.TempDir(), "m"))
	wantErrors(t, err, "MLmodel: the signature has the inputs a, the model the features f0")
}
