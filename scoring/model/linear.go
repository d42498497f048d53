package model

import (
	"errors"
	"fmt"
	"math"
)

// Objective says what a linear model's sums mean.
type Objective string

// The objectives of a linear model.
const (
	Linear      Objective = "linear"   // the sum is the value of a regression
	Logistic    Objective = "logistic" // one sum, the log-odds of the second of two classes
	Multinomial Objective = "softmax"  // one sum per class
)

// Limits of a linear model file.
const (
	MaxLinearBytes = 16 << 20
	maxFeatures    = 1 << 20
	maxClasses     = 1024
)

// LinearModel is linear, logistic or multinomial regression:
// z = intercept + sum of coef * (x-mean)/scale, in the order of the features.
type LinearModel struct {
	Objective    Objective
	FeatureNames []string
	ClassNames   []string    // canonical text; empty for Linear
	Coef         [][]float64 // one row, or one per class for softmax
	Intercept    []float64   // one per row of Coef
	Mean, Scale  []float64   // one per feature, or both empty
}

// Features returns the names of the features.
func (m *LinearModel) Features() []string { return m.FeatureNames }

// Classes returns the class names, none for a regression.
func (m *LinearModel) Classes() []string { return m.ClassNames }

// Outputs returns the number of rows of Coef.
func (m *LinearModel) Outputs() int { return len(m.Coef) }

// Regression reports whether the objective is Linear.
func (m *LinearModel) Regression() bool { return m.Objective == Linear }

// NeedsFinite is true: a sum with NaN in it says nothing.
func (m *LinearModel) NeedsFinite() bool { return true }

// Validate returns every fault of m: wrong dimensions, numbers that are not
// finite, names that repeat, sizes over the limits.
func (m *LinearModel) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }

	width := len(m.FeatureNames)
	switch {
	case width == 0:
		fault("features: at least one is needed")
	case width > maxFeatures:
		fault("features: %d are more than the %d allowed", width, maxFeatures)
	}
	checkNames("features", m.FeatureNames, fault)
	checkNames("classes", m.ClassNames, fault)

	rows, classes := len(m.Coef), len(m.ClassNames)
	switch m.Objective {
	case Linear:
		checkCount("coef", "rows for a regression", rows, 1, fault)
		checkCount("classes", "classes for a regression", classes, 0, fault)
	case Logistic:
		checkCount("coef", "rows for two classes", rows, 1, fault)
		checkCount("classes", "classes for a logistic model", classes, 2, fault)
	case Multinomial:
		if classes < 2 || classes > maxClasses {
			fault("classes: a softmax needs 2 to %d, not %d", maxClasses, classes)
		}
		checkCount("coef", "rows, one per class", rows, classes, fault)
	default:
		fault("objective: %q is none of linear, logistic, softmax", m.Objective)
	}
	for i, row := range m.Coef {
		place := fmt.Sprintf("coef row %d", i+1)
		checkCount(place, "numbers, one per feature", len(row), width, fault)
		checkFinite(place, row, fault)
	}
	checkCount("intercept", "numbers, one per row of coef", len(m.Intercept), rows, fault)
	checkFinite("intercept", m.Intercept, fault)
	if len(m.Mean) > 0 || len(m.Scale) > 0 {
		checkCount("mean", "numbers, one per feature", len(m.Mean), width, fault)
		checkCount("scale", "numbers, one per feature", len(m.Scale), width, fault)
		checkFinite("mean", m.Mean, fault)
		checkFinite("scale", m.Scale, fault)
		for i, s := range m.Scale {
			if s == 0 {
				fault("scale: number %d is 0, which nothing can be divided by", i+1)
			}
		}
	}
	return errors.Join(faults...)
}

func checkCount(place, what string, got, want int, fault func(string, ...any)) {
	if got != want {
		fault("%s: has %d, wants %d %s", place, got, want, what)
	}
}

func checkFinite(place string, numbers []float64, fault func(string, ...any)) {
	for i, v := range numbers {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			fault("%s: number %d is %v, not finite", place, i+1, v)
		}
	}
}

func checkNames(place string, names []string, fault func(string, ...any)) {
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		switch {
		case name == "":
			fault("%s: name %d is empty", place, i+1)
		case seen[name]:
			fault("%s: %q is there twice", place, name)
		}
		seen[name] = true
	}
}
