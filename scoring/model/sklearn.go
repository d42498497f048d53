package model

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// ParseSklearn reads a linear model of scikit-learn written as JSON: coef (a
// list, or a list of rows), intercept (a number or a list), and where they
// apply classes, features, mean and scale of a StandardScaler. It also takes
// feature_names for features, and link (logit, identity) or objective for what
// the sums mean; without either, classes make it a classifier. Features
// without names are x0, x1, … as in scikit-learn; a logit without classes
// decides between 0 and 1.
func ParseSklearn(data []byte) (*LinearModel, error) {
	o, err := parseObject(data, MaxLinearBytes, "format", "objective", "link", "features", "feature_names",
		"classes", "coef", "intercept", "mean", "scale")
	if err != nil {
		return nil, err
	}
	if format := o.text("format"); format != "" && format != "linear" {
		o.fault("format: %q is not linear", format)
	}
	if !o.has("coef") || !o.has("intercept") {
		o.fault("coef and intercept have to be there")
	}
	o.wrap("coef", "[[")
	o.wrap("intercept", "[")
	m := &LinearModel{
		FeatureNames: o.texts("features"),
		ClassNames:   o.classes("classes"),
		Coef:         o.matrix("coef"),
		Intercept:    o.numbers("intercept"),
		Mean:         o.numbers("mean"),
		Scale:        o.numbers("scale"),
	}
	if names := o.texts("feature_names"); names != nil {
		if m.FeatureNames != nil {
			o.fault("features and feature_names are both there")
		}
		m.FeatureNames = names
	}
	if m.FeatureNames == nil && len(m.Coef) > 0 {
		for i := range m.Coef[0] {
			m.FeatureNames = append(m.FeatureNames, "x"+strconv.Itoa(i))
		}
	}
	if err := m.setObjective(o.text("objective"), o.text("link")); err != nil {
		o.faults = append(o.faults, err)
	}
	if err := errors.Join(append(o.faults, m.Validate())...); err != nil {
		return nil, err
	}
	return m, nil
}

// setObjective decides what the sums mean, and names the classes of a logit.
func (m *LinearModel) setObjective(objective, link string) error {
	switch link {
	case "", "logit", "identity":
	default:
		return fmt.Errorf("link: %q is none of logit, identity", link)
	}
	if link == "logit" && m.ClassNames == nil && len(m.Coef) == 1 {
		m.ClassNames = []string{"0", "1"}
	}
	m.Objective = Objective(objective)
	if objective == "" {
		m.Objective = m.impliedObjective()
	}
	if link != "" && (link == "identity") != (m.Objective == Linear) {
		return fmt.Errorf("link: %s contradicts an objective of %s", link, m.Objective)
	}
	return nil
}

// wrap puts the value of key into as many lists as prefix says, where it is
// flatter than that: 1 or [1] become [[1]] for "[[".
func (o *object) wrap(key, prefix string) {
	raw, ok := o.fields[key]
	if !ok {
		return
	}
	depth := 0
	for _, c := range raw {
		if c == '[' {
			depth++
		} else if c > ' ' {
			break
		}
	}
	if missing := len(prefix) - depth; missing > 0 {
		raw = append(append(bytes.Repeat([]byte("["), missing), raw...), bytes.Repeat([]byte("]"), missing)...)
		o.fields[key] = json.RawMessage(raw)
	}
}
