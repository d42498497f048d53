//go:build onnx

package onnx

import (
	"bytes"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"hindsight/scoring/model"
	"hindsight/scoring/model/parity"
)

// start starts a model, with onnxruntime that the environment names.
func start(t testing.TB, data []byte, classes int) *Model {
	t.Helper()
	if os.Getenv(Variable) == "" {
		t.Skipf("%s names no libonnxruntime.so; make onnx does", Variable)
	}
	m, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	m = m.For(classes)
	if err := m.Start(""); err != nil {
		t.Fatal(err)
	}
	return m
}

func evaluate(e model.Evaluator, m *Model, x ...float64) []float64 {
	raw, out := make([]float64, m.Outputs()), make([]float64, m.Outputs())
	e.Evaluate(raw, out, model.Row{X: x})
	return out
}

// goldenRows reads the features of a model's rows, and for each what
// onnxruntime in Python answered to it alone.
func goldenRows(t testing.TB, name string, m *Model) (x, want [][]float64) {
	t.Helper()
	data, err := parity.Unzipped("testdata/" + name + ".csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	n := len(m.Features())
	last := n
	for strings.HasPrefix(rows[0][last], "onnx") {
		last++
	}
	for _, cells := range rows[1:] {
		values := make([]float64, last)
		for i, cell := range cells[:last] {
			values[i] = math.NaN()
			if i < n && m.Levels(i) != nil {
				if level := slices.Index(m.Levels(i), cell); level >= 0 {
					values[i] = float64(level)
				}
			} else if cell != "" {
				if values[i], err = strconv.ParseFloat(cell, 64); err != nil {
					t.Fatal(err)
				}
			}
		}
		x, want = append(x, values[:n]), append(want, values[n:])
	}
	return x, want
}

// TestAnswersOfONNXRuntimeInPython: every model of testdata, one row at a time,
// by evaluators at the same time, with the collector at work.
func TestAnswersOfONNXRuntimeInPython(t *testing.T) {
	files, err := filepath.Glob("testdata/*.onnx.gz")
	if err != nil || len(files) < 18 {
		t.Fatalf("only %d models, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".onnx.gz")
		t.Run(name, func(t *testing.T) {
			data := golden(t, name)
			m, err := Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			m = start(t, data, len(m.ClassNames()))
			x, want := goldenRows(t, name, m)
			var at sync.WaitGroup
			for range 3 {
				at.Go(func() {
					e := m.Fast(nil)
					for i := range x {
						got := evaluate(e, m, x[i]...)
						for j, w := range want[i] {
							if d := math.Abs(got[len(got)-len(want[i])+j]-w) / max(1, math.Abs(w)); !(d <= Tolerance) {
								t.Errorf("row %d, answer %d: %v, onnxruntime in Python says %v", i, j, got, w)
								return
							}
						}
						if i%250 == 0 {
							runtime.GC()
						}
					}
				})
			}
			at.Wait()
		})
	}
}

func TestONNXAllocatesNothing(t *testing.T) {
	for _, name := range []string{"sklearn_boosting", "sklearn_pipeline_logistic"} {
		m := start(t, golden(t, name), 2)
		x, _ := goldenRows(t, name, m)
		e, raw, out, i := m.Fast(nil), make([]float64, 2), make([]float64, 2), 0
		for range x { // every text once
			e.Evaluate(raw, out, model.Row{X: x[i%len(x)]})
			i++
		}
		if n := testing.AllocsPerRun(500, func() {
			e.Evaluate(raw, out, model.Row{X: x[i%len(x)]})
			i++
		}); n > 0 {
			t.Errorf("%s: %v allocations a row", name, n)
		}
	}
}

// A row that an input cannot hold, a run that fails and an answer that is no
// probability have no answer.
func TestONNXAnswersNoNumber(t *testing.T) {
	identity := func(element uint64) []byte {
		cast := nodeOf("", "Cast", "x", "y", attributeOf("to", float32Element))
		return fileOf(cast, reads(tensorOf("x", element, 0, 1)), answers(tensorOf("y", float32Element, 0, 1)))
	}
	strict := fileOf(nodeOf(mlDomain, "OneHotEncoder", "x", "z", textsOf("cats_strings", "a", "b"), attributeOf("zeros", 0)),
		nodeOf("", "Flatten", "z", "y"), reads(tensorOf("x", textElement, 0, 1)), answers(tensorOf("y", float32Element, 0, 2)))
	nan := math.NaN()
	for name, test := range map[string]struct {
		data     []byte
		classes  int
		x        float64
		expected float64
	}{
		"an integer":                  {identity(int64Element), 0, 7, 7},
		"none":                        {identity(int64Element), 0, 7.5, nan},
		"a missing one":               {identity(int64Element), 0, nan, nan},
		"a large one":                 {identity(int64Element), 0, 1e300, nan},
		"an int32":                    {identity(int32Element), 0, -3, -3},
		"too large for it":            {identity(int32Element), 0, 1 << 40, nan},
		"a boolean":                   {identity(boolElement), 0, 1, 1},
		"none of these":               {identity(boolElement), 0, 2, nan},
		"a double":                    {identity(float64Element), 0, 0.5, 0.5},
		"a probability":               {identity(float32Element), 2, 0.25, 0.25},
		"none such":                   {identity(float32Element), 2, 1.5, nan},
		"a last bit past one":         {identity(float32Element), 2, 1.0000001, 1},
		"a category":                  {strict, 2, 1, 1},
		"a category that is an error": {strict, 2, nan, nan},
	} {
		t.Run(name, func(t *testing.T) {
			m := start(t, test.data, test.classes)
			e := m.Fast(nil)
			for range 2 { // a failed run spoils none that follows
				got := evaluate(e, m, test.x)
				if v := got[len(got)-1]; v != test.expected && (v == v || test.expected == test.expected) {
					t.Errorf("got %v, want %v", got, test.expected)
				}
			}
		})
	}
}

func TestONNXRuntimeRefuses(t *testing.T) {
	start(t, small(), 2)
	for name, test := range map[string]struct {
		data []byte
		want string
	}{
		"an operator that is none":         {fileOf(nodeOf("", "Guess", "x", "y"), reads(tensorOf("x", float32Element, 0, 1)), answers(tensorOf("y", float32Element, 0, 1))), "Guess"},
		"a file that is in another format": {slices.Concat([]byte("\x12\x07abORTMz"), small()), ""},
		"another width":                    {fileOf(nodeOf("", "Identity", "x", "y"), reads(tensorOf("x", float32Element, 0, 3)), answers(tensorOf("y", float32Element, 0, 1))), `output "y" is [1 3] for one row, 1 values are wanted`},
	} {
		m, err := Parse(test.data)
		if err != nil {
			t.Fatal(err)
		}
		err = m.Start("")
		if test.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := Parse(small())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start("/another.so"); err == nil || !strings.Contains(err.Error(), "is loaded already, a process can not have /another.so too") {
		t.Error(err)
	}
}

// Evaluators and sessions that no one has any more give their memory back.
func TestONNXGivesMemoryBack(t *testing.T) {
	data := golden(t, "sk_rf")
	resident := func() int {
		data, err := os.ReadFile("/proc/self/statm")
		if err != nil {
			t.Skipf("no /proc here: %v", err)
		}
		pages, err := strconv.Atoi(strings.Fields(string(data))[1])
		if err != nil {
			t.Fatal(err)
		}
		return pages * os.Getpagesize()
	}
	churn := func() {
		for range 10 {
			again := start(t, data, 2)
			for range 10 {
				evaluate(again.Fast(nil), again, make([]float64, 27)...)
			}
		}
		runtime.GC()
	}
	churn()
	before := resident()
	for range 5 {
		churn()
	}
	if grown := resident() - before; grown > 64<<20 { // a session of it takes 3 MiB
		t.Errorf("50 sessions and 500 evaluators later %d MiB more are resident", grown>>20)
	}
}

// attributeOf is an attribute that is an integer.
func attributeOf(name string, v uint64) []byte {
	return slices.Concat(bytesField(1, name), numberField(3, v), numberField(20, 2))
}

func BenchmarkONNX(b *testing.B) {
	for _, name := range []string{"sklearn_pipeline_logistic", "sk_rf", "torch_softmax"} {
		b.Run(name, func(b *testing.B) {
			data := golden(b, name)
			m, err := Parse(data)
			if err != nil {
				b.Fatal(err)
			}
			m = start(b, data, len(m.ClassNames()))
			x, _ := goldenRows(b, name, m)
			e, raw, out := m.Fast(nil), make([]float64, m.Outputs()), make([]float64, m.Outputs())
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				e.Evaluate(raw, out, model.Row{X: x[i%len(x)]})
			}
		})
	}
}
