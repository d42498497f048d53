package scoring

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// fitted is what training learnt for the entries of preparation that say
// `fit`, by feature. It stands in fitted.json and is never learnt again
// outside training.
type fitted map[string]fittedFeature

type fittedFeature struct {
	Fill   *float64 `json:"fill,omitempty"`   // stands in for a missing number
	Mean   *float64 `json:"mean,omitempty"`   // after log1p and clip
	Std    *float64 `json:"std,omitempty"`    // population standard deviation, 1 where that is 0
	Levels []string `json:"levels,omitempty"` // canonical text, ascending
}

const maxFittedBytes = 16 << 20

// parseFitted reads fitted.json strictly.
func parseFitted(data []byte) (fitted, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var values fitted
	if err := d.Decode(&values); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the JSON object")
	}
	return values, nil
}

// encode returns fitted.json: the same values are the same bytes.
func (f fitted) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(f) // sorts the keys
	return b.Bytes(), err
}

// needsFit reports whether any part of f is left to training.
func (f *featureSpec) needsFit() bool {
	return f.Missing.word == "fit" || f.Scale.fit || f.Levels.fit
}

// needsFit reports whether anything is left to training.
func (s *spec) needsFit() bool {
	for i := range s.Preparation {
		if s.Preparation[i].needsFit() {
			return true
		}
	}
	return false
}

// resolve returns f with the learnt values in place of every `fit`.
func (f featureSpec) resolve(values fitted) (featureSpec, error) {
	if !f.needsFit() {
		return f, nil
	}
	learnt := values[f.Feature]
	missing := func(what string) error {
		return fmt.Errorf("feature %q has no %s; run hindsight model train", f.Feature, what)
	}
	if f.Missing.word == "fit" {
		if learnt.Fill == nil {
			return f, missing("fill")
		}
		f.Missing = missingSpec{word: "value", value: *learnt.Fill}
	}
	if f.Scale.fit {
		if learnt.Mean == nil || learnt.Std == nil {
			return f, missing("mean and std")
		}
		if !(*learnt.Std > 0) || math.IsInf(*learnt.Std, 0) {
			return f, fmt.Errorf("feature %q: std %v is not positive", f.Feature, *learnt.Std)
		}
		f.Scale = scaleSpec{on: true, mean: *learnt.Mean, std: *learnt.Std}
	}
	if f.Levels.fit {
		var fault error
		checkLevels(learnt.Levels, func(format string, args ...any) {
			fault = fmt.Errorf("feature %q: levels: "+format, append([]any{f.Feature}, args...)...)
		})
		if fault != nil {
			return f, fault
		}
		f.Levels = levelsSpec{on: true, list: learnt.Levels}
	}
	return f, nil
}
