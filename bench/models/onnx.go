package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"hindsight/scoring"
)

// onnxBound is how far an answer may be from that of onnxruntime in Python or
// of the library that trained, relative to the larger of 1 and that.
const onnxBound = 1e-6

// compareONNX scores the rows of train_onnx.py by bundles made of its models,
// tells how far the answers are from both sets of the file, and whether all
// are within the bound.
func compareONNX(folder string) (within bool, err error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.onnx"))
	if err != nil || len(files) == 0 {
		return false, fmt.Errorf("%s: no models: %w", folder, err)
	}
	work, err := os.MkdirTemp("", "onnx-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(work)
	within = true
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| model\t| rows\t| identical to onnxruntime in Python\t| largest difference\t| identical to the library\t| largest difference\t|\n"+
		"|---\t|---\t|---\t|---\t|---\t|---\t|\n")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".onnx")
		got, want, err := scoreONNX(file, filepath.Join(work, name))
		if err != nil {
			return false, fmt.Errorf("%s: %w", name, err)
		}
		runtime, library := difference(got, want, "onnx"), difference(got, want, "library")
		within = within && runtime.largest <= onnxBound && library.largest <= onnxBound
		fmt.Fprintf(w, "| %s\t| %d\t| %d\t| %.2g\t| %d\t| %.2g\t|\n", strings.ReplaceAll(name, "_", " "), len(got.Rows),
			runtime.identical, runtime.largest, library.identical, library.largest)
	}
	return within, w.Flush()
}

// scoreONNX makes a bundle of a model and returns its answers and the file
// that has the rows and those of others.
func scoreONNX(file, bundle string) (got, want *scoring.Table, err error) {
	model, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	if err := scoring.Import("onnx", model, "m", "1", bundle); err != nil {
		return nil, nil, err
	}
	b, _, err := scoring.Load(bundle)
	if err != nil {
		return nil, nil, err
	}
	name := strings.TrimSuffix(file, ".onnx") + ".csv.gz"
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	if want, err = scoring.ReadTable(bytes.NewReader(data), name); err != nil {
		return nil, nil, err
	}
	var out bytes.Buffer
	if err := b.ScoreTable(&out, bytes.NewReader(data), name); err != nil {
		return nil, nil, err
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil {
		return nil, nil, err
	}
	return &scoring.Table{Header: rows[0], Rows: rows[1:]}, want, nil
}

type distance struct {
	identical int
	largest   float64
}

// difference compares got with the columns of want whose names begin with prefix.
func difference(got, want *scoring.Table, prefix string) distance {
	first := 0
	for !strings.HasPrefix(want.Header[first], prefix) {
		first++
	}
	var d distance
	for i, row := range got.Rows {
		same := true
		for j, cell := range row {
			a, errA := strconv.ParseFloat(cell, 64)
			b, errB := strconv.ParseFloat(want.Rows[i][first+j], 64)
			far := math.Abs(a-b) / max(1, math.Abs(b))
			if errA != nil || errB != nil || far != far {
				far = math.Inf(1)
			}
			same = same && a == b
			d.largest = max(d.largest, far)
		}
		if same {
			d.identical++
		}
	}
	return d
}
