package scoring

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hindsight/scoring/model"
)

const irisSpec = `name: iris
version: 1
task: classification
model: {format: linear}
classes: [setosa, versicolor, virginica]
seed: 7
inputs:
  - {name: sepal_length, type: number}
  - {name: sepal_width, type: number}
  - {name: petal_length, type: number}
  - {name: petal_width, type: number}
train: {l2: 0.5}
tests:
  golden: {tolerance: 0}
  performance: {file: iris.csv, label: target, minimum: {accuracy: 0.98}, maximum: {log_loss: 0.0921}}
`

func diabetesSpec() string {
	text := "name: diabetes\nversion: 1\ntask: regression\nmodel: {format: linear}\ntrain: {l2: 3}\n" +
		"tests: {performance: {file: diabetes.csv, label: target, minimum: {r2: 0.5}}}\ninputs:\n"
	for _, name := range []string{"age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"} {
		text += "  - {name: " + name + ", type: number}\n"
	}
	return text
}

// trainBundle trains in a new directory and loads the result.
func trainBundle(t *testing.T, spec, data, label string) (*Bundle, *Certificate, string) {
	t.Helper()
	dir := writeBundle(t, map[string]string{"bundle.yaml": spec, filepath.Base(data): readText(t, data)})
	if _, err := Train(dir, readTableFile(t, data), label); err != nil {
		t.Fatal(err)
	}
	b, c, err := Load(dir, Require(CheckGolden, CheckPerformance))
	if err != nil {
		t.Fatal(err)
	}
	return b, c, dir
}

// wantCoefficients compares with scikit-learn's, which stop at their own tolerance.
func wantCoefficients(t *testing.T, b *Bundle, want sklearn, tolerance float64) {
	t.Helper()
	m := b.model.(*model.LinearModel)
	for r, row := range want.Coef {
		for i, w := range append(row, want.Intercept[r]) {
			got := append(m.Coef[r], m.Intercept[r])[i]
			if math.Abs(got-w) > tolerance*max(1, math.Abs(w)) {
				t.Errorf("row %d: coefficient %d is %v, scikit-learn's %v", r, i, got, w)
			}
		}
	}
}

func TestTrainSoftmaxLikeScikitLearn(t *testing.T) {
	b, c, _ := trainBundle(t, irisSpec, "testdata/iris.csv", "target")
	want := readSklearn(t, "iris")
	wantCoefficients(t, b, want, 1e-6)
	for _, check := range c.Checks {
		for _, f := range check.Figures {
			switch f.Name {
			case "accuracy":
				if f.Value != want.Accuracy {
					t.Errorf("accuracy %v, scikit-learn %v", f.Value, want.Accuracy)
				}
			case "log_loss":
				if math.Abs(f.Value-want.LogLoss) > 1e-8 {
					t.Errorf("log loss %v, scikit-learn %v", f.Value, want.LogLoss)
				}
			}
		}
	}
}

func TestTrainRegressionLikeScikitLearn(t *testing.T) {
	b, c, _ := trainBundle(t, diabetesSpec(), "testdata/diabetes.csv", "target")
	want := readSklearn(t, "diabetes")
	wantCoefficients(t, b, want, 1e-9)
	compared := 0
	for _, check := range c.Checks {
		for _, f := range check.Figures {
			if w, ok := want.Figures[f.Name]; ok {
				compared++
				if math.Abs(f.Value-w) > 1e-9*math.Abs(w) {
					t.Errorf("%s is %v, scikit-learn says %v", f.Name, f.Value, w)
				}
			}
		}
	}
	if compared != 3 {
		t.Errorf("compared %d figures", compared)
	}
}

func TestTrainWritesTheSameBytes(t *testing.T) {
	_, _, first := trainBundle(t, irisSpec, "testdata/iris.csv", "target")
	b, _, second := trainBundle(t, irisSpec, "testdata/iris.csv", "target")
	for _, name := range []string{"linear.json", "golden.csv"} {
		if readText(t, filepath.Join(first, name)) != readText(t, filepath.Join(second, name)) {
			t.Errorf("%s differs", name)
		}
	}
	check, err := b.Retrain(2, readTableFile(t, "testdata/iris.csv"), "target")
	if err != nil || check.Result != Passed || !strings.Contains(check.Detail, "2 trainings gave the bytes of linear.json") {
		t.Errorf("%+v, %v", check, err)
	}
	check, err = b.Retrain(1, nil, "")
	if err != nil || check.Result != NotShown {
		t.Errorf("without data: %+v, %v", check, err)
	}
	part, err := readTableFile(t, "testdata/iris.csv").Slice(20, 120)
	if err != nil {
		t.Fatal(err)
	}
	if check, err = b.Retrain(1, part, "target"); err != nil || check.Result != Failed || !strings.Contains(check.Detail, "log_loss is") {
		t.Errorf("with too few rows: %+v, %v", check, err)
	}
}

// The two optimisers have to meet at the same minimum.
func TestLBFGSMeetsNewton(t *testing.T) {
	s, err := parseSpec([]byte(irisSpec))
	if err != nil {
		t.Fatal(err)
	}
	table := readTableFile(t, "testdata/iris.csv")
	rows, err := s.trainingRows(table)
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPlan(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	set, err := s.newTrainingSet(p, rows, table, "target")
	if err != nil {
		t.Fatal(err)
	}
	newton, err := minimise(set, model.Multinomial, 3, 0, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	set.width += newtonLimit // columns of zeros, which the penalty keeps at 0
	lbfgs, err := minimise(set, model.Multinomial, 3, 0, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	for k, row := range newton.coef {
		for i, want := range row {
			if got := lbfgs.coef[k][i]; math.Abs(got-want) > 1e-5 {
				t.Errorf("coefficient %d of class %d: %v by L-BFGS, %v by Newton", i, k, got, want)
			}
		}
	}
}

func TestTrainLearnsWhatSaysFit(t *testing.T) {
	const spec = `name: n
version: 1
task: regression
model: {format: linear}
inputs: [{name: x, type: number}, {name: c, type: category}, {name: at, type: time}]
preparation:
  - {input: x, missing: fit, log1p: true, clip: [0, 2], scale: fit}
  - {input: c, levels: fit, unknown: ignore}
  - {input: at, part: hour, scale: fit}
`
	const data = "x,c,at,y\n1,b,2026-01-01 10:00:00,1\n3,1.0,2026-01-01 10:30:00,2\n,true,2026-01-01 10:59:59,4\n1000,,2026-01-01 10:00:00,3\n"
	dir := writeBundle(t, map[string]string{"bundle.yaml": spec})
	table, err := ReadTable(strings.NewReader(data), "data.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Train(dir, table, "y"); err != nil {
		t.Fatal(err)
	}
	values, err := parseFitted([]byte(readText(t, filepath.Join(dir, "fitted.json"))))
	if err != nil {
		t.Fatal(err)
	}
	x := values["x"]
	fill := (1 + 3 + 1000) / 3.0
	logs := []float64{math.Log1p(1), math.Log1p(3), 2, 2}
	mean := (logs[0] + logs[1] + logs[2] + logs[3]) / 4
	squares := 0.0
	for _, v := range logs {
		squares += (v - mean) * (v - mean)
	}
	if *x.Fill != fill || math.Abs(*x.Mean-mean) > 1e-15 || math.Abs(*x.Std-math.Sqrt(squares/4)) > 1e-15 {
		t.Errorf("x: fill %v, mean %v, std %v", *x.Fill, *x.Mean, *x.Std)
	}
	if got := strings.Join(values["c"].Levels, " "); got != "1 b" {
		t.Errorf("levels %q", got)
	}
	if hour := values["at.hour"]; *hour.Mean != 10 || *hour.Std != 1 {
		t.Errorf("hour: mean %v, std %v; a constant has to be divided by 1", *hour.Mean, *hour.Std)
	}
	if _, _, err := Load(dir, Require(CheckGolden)); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "fitted.json"), []byte(`{"x":{"fill":1,"mean":1}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Open(dir)
	wantErrors(t, err, `feature "x" has no mean and std`, `feature "c": levels: has 0`, `feature "at.hour" has no mean`)
}

func TestTrainRefuses(t *testing.T) {
	const spec = "name: n\nversion: 1\ntask: classification\nmodel: {format: linear}\nclasses: [0, 1]\ninputs: [{name: x, type: number}]\n"
	tests := map[string]struct{ spec, data, want string }{
		"no rows":         {spec, "x,y\n", "has no rows to learn from"},
		"no label":        {spec, "x,z\n1,2\n", `has no column "y"`},
		"no input":        {spec, "z,y\n1,2\n", `column "x" is missing`},
		"an odd label":    {spec, "x,y\n1,0\n2,7\n", `data.csv line 3: label "7" is none of the classes`},
		"a missing value": {spec, "x,y\n1,0\n,1\n", `data.csv line 3: input "x" is missing`},
		"one class":       {spec, "x,y\n1,0\n2,0\n", `no row is labelled "1"`},
		"nothing to fit": {spec + "preparation: [{input: x, missing: fit}]\n", "x,y\n,0\n,1\n",
			`feature "x" has no value in any row`},
		"an input called value": {strings.ReplaceAll(spec, "name: x", "name: value"), "value,y\n1,0\n2,1\n",
			`an input is called "value"`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := writeBundle(t, map[string]string{"bundle.yaml": test.spec})
			table, err := ReadTable(strings.NewReader(test.data), "data.csv")
			if err != nil {
				t.Fatal(err)
			}
			_, err = Train(dir, table, "y")
			wantErrors(t, err, test.want)
			if _, err := os.Stat(filepath.Join(dir, "linear.json")); err == nil {
				t.Error("it wrote a model all the same")
			}
		})
	}
}
