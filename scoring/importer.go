package scoring

import (
	"fmt"
	"strconv"

	"hindsight/scoring/model"
	"hindsight/scoring/model/lightgbm"
	"hindsight/scoring/model/onnx"
	"hindsight/scoring/model/xgboost"
)

// importer reads a model file of one source.
type importer struct {
	limit int64
	read  func(data []byte) (*imported, error)
}

// imported is a model file and the bundle that it becomes.
type imported struct {
	format  string
	model   model.Model
	data    []byte               // the file of the bundle
	classes []string             // none for a regression
	levels  func(i int) []string // texts of a categorical feature, nil for a number; may be nil
	unknown string               // what the library does with other texts
	unnamed bool                 // the features' names are made up here
	paths   []string             // of the inputs in the event; nil for the features' names
}

func importers() map[string]importer {
	return map[string]importer{
		"sklearn-linear": {model.MaxLinearBytes, func(data []byte) (*imported, error) {
			m, err := model.ParseSklearn(data)
			if err != nil {
				return nil, err
			}
			return &imported{format: linearFormat, model: m, data: m.AppendJSON(nil), classes: m.ClassNames}, nil
		}},
		"xgboost": {xgboost.MaxBytes, func(data []byte) (*imported, error) {
			m, err := xgboost.Parse(data)
			if err != nil {
				return nil, err
			}
			return &imported{format: "xgboost", model: m, data: data, classes: countedClasses(m), levels: m.Levels, unknown: "error"}, nil
		}},
		"lightgbm": {lightgbm.MaxBytes, func(data []byte) (*imported, error) {
			m, err := lightgbm.Parse(data)
			if err != nil {
				return nil, err
			}
			levels, err := m.Levels()
			if err != nil {
				return nil, fmt.Errorf("%w; let ops/python/hindsight_bundle.py make the bundle, which asks the frame, or train on codes", err)
			}
			i := &imported{format: "lightgbm", model: m, data: data, classes: countedClasses(m), unknown: "ignore"} // NaN
			if levels != nil {
				i.levels = func(i int) []string { return levels[i] }
			}
			return i, nil
		}},
		"onnx": {onnx.MaxBytes, func(data []byte) (*imported, error) {
			m, err := onnx.Parse(data)
			if err != nil {
				return nil, err
			}
			return &imported{format: "onnx", model: m, data: data, classes: m.ClassNames(), levels: m.Levels, unknown: "ignore", unnamed: !m.Named()}, nil
		}},
	}
}

// countedClasses names the classes of a model that only counts them.
func countedClasses(m model.Model) []string {
	if m.Regression() {
		return nil
	}
	classes := make([]string, max(2, m.Outputs()))
	for i := range classes {
		classes[i] = strconv.Itoa(i)
	}
	return classes
}
