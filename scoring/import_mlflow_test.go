package scoring

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// mlmodelText is as MLflow writes it; %s is the signature of the inputs.
const mlmodelText = `artifact_path: model
flavors:
  lightgbm:
    code: null
    data: model.lgb
    lgb_version: 4.7.0
    model_class: lightgbm.basic.Booster
  python_function:
    data: model.lgb
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.lightgbm
    python_version: 3.11.7
is_signature_from_type_hint: false
mlflow_version: 3.5.0
model_size_bytes: 387081
run_id: 0a1b
signature:
  inputs: '%s'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}]'
  params: null
type_hint_from_example: false
utc_time_created: '2026-11-25 12:00:00.000000'
`

// mlflowFiles is an MLflow model of a golden LightGBM one.
func mlflowFiles(t *testing.T) map[string]string {
	t.Helper()
	model := unzip(t, "model/lightgbm/testdata/lgb_binary.txt.gz")
	m, err := importers()["lightgbm"].read(model)
	if err != nil {
		t.Fatal(err)
	}
	var columns []map[string]any
	for _, name := range m.model.Features() {
		columns = append(columns, map[string]any{"type": "double", "name": name, "required": true})
	}
	signature, err := json.Marshal(columns)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"MLmodel": fmt.Sprintf(mlmodelText, signature), "model.lgb": string(model),
		"conda.yaml": "x: 1\n", "python_env.yaml": "x: 1\n"}
}

func TestImportMLflow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bundle")
	if err := ImportMLflow(writeBundle(t, mlflowFiles(t)), "fraud", "3", dir); err != nil {
		t.Fatal(err)
	}
	b, err := Open(dir)
	if err != nil || b.Ref() != "fraud@3" || b.Describe().Format != "lightgbm" {
		t.Errorf("%v", err)
	}
	files := mlflowFiles(t)
	files["MLmodel"] = files["MLmodel"][:strings.Index(files["MLmodel"], "signature:")]
	if err := ImportMLflow(writeBundle(t, files), "fraud", "3", filepath.Join(t.TempDir(), "b")); err != nil {
		t.Errorf("without a signature: %v", err)
	}
}

func TestImportMLflowRefuses(t *testing.T) {
	tests := map[string]struct{ old, new, want string }{
		"python_function alone": {"  lightgbm:\n    code: null\n    data: model.lgb\n    lgb_version: 4.7.0\n    model_class: lightgbm.basic.Booster\n", "",
			"the only flavour is python_function, which runs any code and is never read"},
		"another flavour":   {"  lightgbm:", "  sklearn:", "has the flavours python_function, sklearn; a bundle is made of lightgbm or xgboost"},
		"a pickle":          {"data: model.lgb", "data: model.pkl", "holds the pickle model.pkl, which runs code"},
		"an estimator":      {"data: model.lgb", "data: model.skops", "holds the estimator model.skops, which is no model file; log the booster itself"},
		"traversal":         {"data: model.lgb", "data: ../model.lgb", "is not a path inside"},
		"no file":           {"data: model.lgb", "data: gone.lgb", "gone.lgb: no such file"},
		"another signature": {`"name":"`, `"name":"x`, "MLmodel: the signature has the inputs x"},
		"no JSON":           {"inputs: '[", "inputs: '[[", "signature.inputs: is not JSON"},
		"not YAML":          {"flavors:", "flavors: {", "MLmodel"},
		"an alias bomb":     {"code: null", "code: &a [x, x]\n    more: [*a, *a]", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			files := mlflowFiles(t)
			changed := strings.Replace(files["MLmodel"], test.old, test.new, 1)
			if changed == files["MLmodel"] {
				t.Fatalf("%q is not there", test.old)
			}
			files["MLmodel"] = changed
			err := ImportMLflow(writeBundle(t, files), "m", "1", filepath.Join(t.TempDir(), "b"))
			if test.want == "" { // passed over, not expanded
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantErrors(t, err, test.want)
		})
	}
}
