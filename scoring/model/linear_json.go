package model

import (
	"encoding/json"
	"errors"
	"strconv"
)

// ParseLinear reads linear.json: {objective, features, classes, coef [rows ×
// features], intercept, mean, scale}. Mean, scale, classes of a regression and
// the objective may be left out. It returns every fault at once.
func ParseLinear(data []byte) (*LinearModel, error) {
	o, err := parseObject(data, MaxLinearBytes,
		"objective", "features", "classes", "coef", "intercept", "mean", "scale")
	if err != nil {
		return nil, err
	}
	m := &LinearModel{
		Objective:    Objective(o.text("objective")),
		FeatureNames: o.texts("features"),
		ClassNames:   o.classes("classes"),
		Coef:         o.matrix("coef"),
		Intercept:    o.numbers("intercept"),
		Mean:         o.numbers("mean"),
		Scale:        o.numbers("scale"),
	}
	if m.Objective == "" {
		m.Objective = m.impliedObjective()
	}
	if err := errors.Join(append(o.faults, m.Validate())...); err != nil {
		return nil, err
	}
	return m, nil
}

// impliedObjective is what the shape says: no classes are a regression, one
// row for several classes is logistic, a row for each is softmax.
func (m *LinearModel) impliedObjective() Objective {
	switch {
	case len(m.ClassNames) == 0:
		return Linear
	case len(m.Coef) == 1:
		return Logistic
	}
	return Multinomial
}

// AppendJSON appends m as linear.json, one key a line, with the shortest
// decimals that read back to the same bits: equal models are equal bytes.
func (m *LinearModel) AppendJSON(dst []byte) []byte {
	dst = append(dst, "{\n  \"objective\": "...)
	dst = appendString(dst, string(m.Objective))
	dst = append(dst, ",\n  \"features\": "...)
	dst = appendList(dst, m.FeatureNames, appendString)
	if len(m.ClassNames) > 0 {
		dst = append(dst, ",\n  \"classes\": "...)
		dst = appendList(dst, m.ClassNames, appendString)
	}
	dst = append(dst, ",\n  \"coef\": "...)
	dst = appendList(dst, m.Coef, func(dst []byte, row []float64) []byte {
		return appendList(append(dst, "\n    "...), row, appendNumber)
	})
	dst = append(dst, ",\n  \"intercept\": "...)
	dst = appendList(dst, m.Intercept, appendNumber)
	if len(m.Mean) > 0 {
		dst = append(dst, ",\n  \"mean\": "...)
		dst = appendList(dst, m.Mean, appendNumber)
		dst = append(dst, ",\n  \"scale\": "...)
		dst = appendList(dst, m.Scale, appendNumber)
	}
	return append(dst, "\n}\n"...)
}

func appendList[T any](dst []byte, list []T, item func([]byte, T) []byte) []byte {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = item(dst, v)
	}
	return append(dst, ']')
}

func appendNumber(dst []byte, v float64) []byte { return strconv.AppendFloat(dst, v, 'g', -1, 64) }

func appendString(dst []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil { // no string fails to marshal; invalid UTF-8 becomes U+FFFD
		return append(dst, `""`...)
	}
	return append(dst, quoted...)
}
