package scoring

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hindsight/schemas"
	"hindsight/scoring/model"
)

// tinySpec is a bundle.yaml with one input of each type.
const tinySpec = `name: tiny
version: 1
task: classification
model: {file: linear.json, format: linear}
classes: [no, yes]
inputs:
  - {name: amount, path: payment.amount, type: number}
  - {name: country, type: category}
  - {name: member, type: boolean}
  - {name: at, type: time}
preparation:
  - {input: amount, missing: 0, log1p: true}
  - {input: country, levels: [DE, FR], unknown: other}
  - {input: at, part: hour, missing: -1}
`

// tinyModel fits tinySpec: amount, country=DE, =FR, =(other), member, at.hour.
const tinyModel = `{"objective":"logistic",
"features":["amount","country=DE","country=FR","country=(other)","member","at.hour"],
"classes":["no","yes"],"coef":[[0.5,1,-1,0.25,2,-0.1]],"intercept":[-1]}`

// writeBundle writes files into a new directory.
func writeBundle(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range sortedKeys(files) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[name]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func tinyFiles() map[string]string {
	return map[string]string{"bundle.yaml": tinySpec, "linear.json": tinyModel}
}

func openTiny(t testing.TB) *Bundle {
	t.Helper()
	b, err := Open(writeBundle(t, tinyFiles()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readText returns a file of testdata or elsewhere.
func readText(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func readTableFile(t testing.TB, name string) *Table {
	t.Helper()
	table, err := ReadTable(strings.NewReader(readText(t, name)), filepath.Base(name))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// sklearn holds what testdata/make_sklearn.py wrote.
type sklearn struct {
	Coef      [][]float64
	Intercept []float64
	Accuracy  float64
	LogLoss   float64 `json:"log_loss"`
	P         []float64
	Y         []int
	Threshold float64
	Figures   map[string]float64
	Want      map[string]float64
}

func readSklearn(t testing.TB, key string) sklearn {
	t.Helper()
	var all map[string]sklearn
	if err := json.Unmarshal([]byte(readText(t, "testdata/sklearn.json")), &all); err != nil {
		t.Fatal(err)
	}
	return all[key]
}

// wantErrors checks that err has every text in it.
func wantErrors(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error lacks %q:\n%v", text, err)
		}
	}
}

func canonicalSlow(text string) string { return schemas.Canonical(text) }

// wrongFast is a model whose fast evaluator errs where the third feature is set.
type wrongFast struct{ model.Model }

func (m *wrongFast) Fast([]model.Block) model.Evaluator { return wrongEvaluator{m.Reference()} }

type wrongEvaluator struct{ model.Evaluator }

func (e wrongEvaluator) Evaluate(raw, out []float64, row model.Row) {
	e.Evaluator.Evaluate(raw, out, row)
	if row.X[2] != 0 {
		out[0] = math.Nextafter(out[0], 1)
	}
}
