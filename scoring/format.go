package scoring

import (
	"hindsight/scoring/model"
	"hindsight/scoring/model/lightgbm"
	"hindsight/scoring/model/onnx"
	"hindsight/scoring/model/xgboost"
)

const linearFormat = "linear"

// format is how model files of one kind are read.
type format struct {
	file        string // default name
	limit       int64  // bytes
	needsFinite bool   // NaN and infinities mean nothing to such models
	parse       func(data []byte, s *spec) (model.Model, error)
}

// formats are the model formats by the name that bundle.yaml gives them.
func formats() map[string]format {
	return map[string]format{
		linearFormat: {
			file: "linear.json", limit: model.MaxLinearBytes, needsFinite: true,
			parse: func(data []byte, _ *spec) (model.Model, error) { return asModel(model.ParseLinear(data)) },
		},
		"xgboost": {
			file: "model.ubj", limit: xgboost.MaxBytes,
			parse: func(data []byte, _ *spec) (model.Model, error) { return asModel(xgboost.Parse(data)) },
		},
		"lightgbm": {
			file: "model.txt", limit: lightgbm.MaxBytes,
			parse: func(data []byte, _ *spec) (model.Model, error) { return asModel(lightgbm.Parse(data)) },
		},
		"onnx": {
			file: "model.onnx", limit: onnx.MaxBytes,
			parse: func(data []byte, s *spec) (model.Model, error) {
				m, err := onnx.Parse(data)
				if err != nil {
					return nil, err
				}
				return m.For(len(s.Classes)), nil
			},
		},
	}
}

// asModel keeps a nil pointer from becoming an interface that is not nil.
func asModel[M model.Model](m M, err error) (model.Model, error) {
	if err != nil {
		return nil, err
	}
	return m, nil
}

// format returns the format of the spec's model; the zero value where it is unknown.
func (s *spec) format() format { return formats()[s.Model.Format] }
