// Command models compares models with the libraries that trained them: for
// every LightGBM and XGBoost file in a folder with its rows and answers it
// tells how many answers have the library's bits, as a table in Markdown, and
// fails if one has not. With -onnx it tells how far those of ONNX models are,
// which takes the build tag onnx; with -speed it measures instead.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"hindsight/scoring/model"
	"hindsight/scoring/model/lightgbm"
	"hindsight/scoring/model/parity"
	"hindsight/scoring/model/xgboost"
)

// trained is a model of either library.
type trained interface {
	model.Model
	Objective() string
	Kernel() string
	Trees() int
}

// line sums up the models of one format and objective.
type line struct {
	format, objective       string
	models, rows, identical int
	largest                 float64
	kernels                 []string
}

func main() {
	folder := flag.String("golden", "", "`folder` of model files, each with a NAME.csv.gz")
	rest := flag.String("rows", "lgb_binary.csv.gz", "`file` in the folder whose last rows stand for answers without features")
	graphs := flag.String("onnx", "", "compare the ONNX models of this `folder` instead (train_onnx.py)")
	large := flag.String("speed", "", "measure the models of this `folder` instead (train_large.py), with:")
	native := flag.String("native", "", "`program` made of native.c")
	lgb := flag.String("lightgbm", "", "`library` lib_lightgbm.so")
	xgb := flag.String("xgboost", "", "`library` libxgboost.so")
	rounds := flag.Int("rounds", 9, "`number` of rounds")
	flag.Parse()
	identical, err := true, error(nil)
	switch {
	case *graphs != "":
		identical, err = compareONNX(*graphs)
	case *large != "":
		err = speed(*large, *native, *lgb, *xgb, *rounds)
	default:
		identical, err = run(*folder, *rest)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "models:", err)
		os.Exit(2)
	}
	if !identical {
		os.Exit(1)
	}
}

func run(folder, rest string) (identical bool, err error) {
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return false, err
	}
	identical = true
	table := map[string]*line{}
	for _, file := range files {
		format, m, err := read(file)
		if err != nil {
			return false, fmt.Errorf("%s: %w", file, err)
		}
		if m == nil {
			continue
		}
		rows, err := golden(file, folder, rest, m)
		if err != nil {
			return false, err
		}
		objective, _, _ := strings.Cut(m.Objective(), " num_class") // the number of classes makes no other objective
		key := format + objective
		l := table[key]
		if l == nil {
			l = &line{format: format, objective: objective}
			table[key] = l
		}
		l.models++
		l.rows += len(rows.X)
		fast := parity.Compare(m, m.Fast(nil), rows)
		reference := parity.Compare(m, m.Reference(), rows)
		l.identical += min(fast.Identical, reference.Identical)
		l.largest = max(l.largest, fast.Largest, reference.Largest)
		for _, r := range []parity.Report{reference, fast} {
			if r.Identical < r.Rows {
				identical = false
				fmt.Fprintf(os.Stderr, "%s (%s, %s): %s\n", file, m.Objective(), m.Kernel(), r.First)
			}
		}
		if !slices.Contains(l.kernels, m.Kernel()) {
			l.kernels = append(l.kernels, m.Kernel())
		}
	}
	if len(table) == 0 {
		return false, fmt.Errorf("%s: no models", folder)
	}
	return identical, show(table)
}

// read returns nil for a file that is no model.
func read(file string) (string, trained, error) {
	ext := filepath.Ext(file)
	if ext != ".txt" && ext != ".json" && ext != ".ubj" || strings.HasPrefix(filepath.Base(file), "sk_") || filepath.Base(file) == "versions.json" {
		return "", nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", nil, err
	}
	if ext == ".txt" {
		m, err := lightgbm.Parse(data)
		return "LightGBM text", m, err
	}
	m, err := xgboost.Parse(data)
	return map[string]string{".json": "XGBoost JSON", ".ubj": "XGBoost UBJSON"}[ext], m, err
}

// golden reads the rows of a model, from another file where its own has answers alone.
func golden(file, folder, rest string, m trained) (*parity.Rows, error) {
	name := strings.TrimSuffix(file, filepath.Ext(file)) + ".csv.gz"
	rows, err := parity.ReadFile(name, m.Features())
	if err == nil {
		return rows, nil
	}
	answers, answersErr := parity.ReadFile(name, nil)
	if answersErr != nil || strings.HasSuffix(name, rest) {
		return nil, err
	}
	if rows, err = parity.ReadFile(filepath.Join(folder, rest), m.Features()); err != nil {
		return nil, err
	}
	return rows.Last(len(answers.X)).Answers(answers), nil
}

func show(table map[string]*line) error {
	lines := make([]*line, 0, len(table))
	models, rows, identical := 0, 0, 0
	for _, l := range table {
		lines = append(lines, l)
		models, rows, identical = models+l.models, rows+l.rows, identical+l.identical
	}
	slices.SortFunc(lines, func(a, b *line) int { return strings.Compare(a.format+a.objective, b.format+b.objective) })
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| format\t| objective\t| models\t| rows\t| identical\t| largest difference\t| walked by\t|\n|---\t|---\t|---\t|---\t|---\t|---\t|---\t|\n")
	for _, l := range lines {
		slices.Sort(l.kernels)
		fmt.Fprintf(w, "| %s\t| %s\t| %d\t| %d\t| %.4g %%\t| %.2g\t| %s\t|\n", l.format, l.objective, l.models, l.rows,
			100*float64(l.identical)/float64(l.rows), l.largest, strings.Join(l.kernels, ", "))
	}
	fmt.Fprintf(w, "\n%d models, %d rows, %d identical in every bit, raw and transformed\n", models, rows, identical)
	return w.Flush()
}
