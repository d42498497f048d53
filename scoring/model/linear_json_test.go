package model

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseLinear(t *testing.T) {
	tests := map[string]struct {
		text string
		want *LinearModel
	}{
		"logistic": {
			`{"objective":"logistic","features":["a","b"],"classes":[0,true],"coef":[[1,-2e-3]],"intercept":[0.5]}`,
			&LinearModel{Objective: Logistic, FeatureNames: []string{"a", "b"}, ClassNames: []string{"0", "1"},
				Coef: [][]float64{{1, -2e-3}}, Intercept: []float64{0.5}},
		},
		"the objective follows from the shape": {
			`{"features":["a"],"classes":["x","y","z"],"coef":[[1],[2],[3]],"intercept":[1,2,3]}`,
			&LinearModel{Objective: Multinomial, FeatureNames: []string{"a"}, ClassNames: []string{"x", "y", "z"},
				Coef: [][]float64{{1}, {2}, {3}}, Intercept: []float64{1, 2, 3}},
		},
		"regression with a scaler": {
			`{"features":["a"],"coef":[[1]],"intercept":[1],"mean":[3],"scale":[4]}`,
			&LinearModel{Objective: Linear, FeatureNames: []string{"a"},
				Coef: [][]float64{{1}}, Intercept: []float64{1}, Mean: []float64{3}, Scale: []float64{4}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := ParseLinear([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			again, err := ParseLinear(got.AppendJSON(nil))
			if diff := cmp.Diff(got, again); err != nil || diff != "" {
				t.Error("written and read again:", err, diff)
			}
		})
	}
}

func TestParseLinearRefuses(t *testing.T) {
	const good = `"features":["a","b"],"classes":[0,1],"coef":[[1,2]],"intercept":[0]`
	tests := map[string]struct {
		text string
		want []string // all of them
	}{
		"not JSON":           {`{"coef":`, []string{"not JSON"}},
		"not an object":      {`[1]`, []string{"not a JSON object"}},
		"something after it": {`{` + good + `} {}`, []string{"something follows"}},
		"unknown key":        {`{` + good + `,"coefs":1}`, []string{`"coefs" is not a known key`}},
		"key in capitals":    {`{` + good + `,"Mean":[1,1]}`, []string{`"Mean" is not a known key`}},
		"key twice":          {`{` + good + `,"coef":[[1,2]]}`, []string{"coef: is there twice"}},
		"NaN":                {`{"features":["a"],"coef":[[NaN]],"intercept":[0]}`, []string{"not JSON"}},
		"null for a number":  {`{"features":["a"],"coef":[[null]],"intercept":[0]}`, []string{"coef: null"}},
		"null for an array":  {`{"features":["a"],"coef":null,"intercept":[0]}`, []string{"coef: null"}},
		"infinite":           {`{"features":["a"],"coef":[[1e999]],"intercept":[0]}`, []string{"coef: is not"}},
		"text for a number":  {`{"features":["a"],"coef":[["1"]],"intercept":[0]}`, []string{"coef: is not"}},
		"no features":        {`{"coef":[[]],"intercept":[0]}`, []string{"features: at least one"}},
		"feature twice":      {`{"features":["a","a"],"coef":[[1,2]],"intercept":[0]}`, []string{`features: "a" is there twice`}},
		"classes that differ only in spelling": {
			`{"features":["a"],"classes":[1,true],"coef":[[1]],"intercept":[0]}`, []string{`classes: "1" is there twice`}},
		"null as a class":      {`{"features":["a"],"classes":[null,1],"coef":[[1]],"intercept":[0]}`, []string{"classes: entry 1"}},
		"scale of 0":           {`{` + good + `,"mean":[0,0],"scale":[1,0]}`, []string{"scale: number 2 is 0"}},
		"mean without scale":   {`{` + good + `,"mean":[0,0]}`, []string{"scale: has 0"}},
		"an unknown objective": {`{` + good + `,"objective":"poisson"}`, []string{`"poisson" is none of`}},
		"all faults at once": {
			`{"features":["a","b"],"classes":[0,1,2],"coef":[[1]],"intercept":[],"objective":"logistic","x":1}`,
			[]string{"classes: has 3", "coef row 1: has 1, wants 2", "intercept: has 0", `"x" is not`}},
		"rows that do not match the classes": {
			`{"features":["a"],"classes":["x","y","z"],"coef":[[1],[2]],"intercept":[0,0]}`, []string{"coef: has 2, wants 3"}},
		"too large": {`{"x":"` + strings.Repeat("x", MaxLinearBytes) + `"}`, []string{"are more than"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := ParseLinear([]byte(test.text))
			if err == nil {
				t.Fatalf("accepted as %+v", m)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error lacks %q:\n%v", want, err)
				}
			}
		})
	}
}

func TestParseSklearn(t *testing.T) {
	tests := map[string]struct{ text, want string }{ // want is linear.json, or the error
		"flat coef, number as intercept, link": {
			`{"format":"linear","feature_names":["a","b"],"coef":[1,2],"intercept":3,"link":"logit"}`,
			`logistic ["a" "b"] ["0" "1"] [[1 2]] [3]`},
		"rows": {
			`{"features":["a","b"],"classes":[false,true],"coef":[[1,2]],"intercept":[3]}`,
			`logistic ["a" "b"] ["0" "1"] [[1 2]] [3]`},
		"multinomial": {
			`{"features":["a"],"classes":["x",2,3.0],"coef":[[1],[2],[3]],"intercept":[1,2,3]}`,
			`softmax ["a"] ["x" "2" "3"] [[1] [2] [3]] [1 2 3]`},
		"regression without names": {`{"coef":[1,2],"intercept":0}`, `linear ["x0" "x1"] [] [[1 2]] [0]`},
		"both names of features":   {`{"features":["a"],"feature_names":["a"],"coef":[1],"intercept":0}`, "features and feature_names are both there"},
		"a link that contradicts":  {`{"classes":[0,1],"coef":[1],"intercept":0,"link":"identity"}`, "contradicts"},
		"an unknown link":          {`{"coef":[1],"intercept":0,"link":"log"}`, "none of logit, identity"},
		"no intercept":             {`{"coef":[1]}`, "coef and intercept have to be there"},
		"of another format":        {`{"format":"tree","coef":[1],"intercept":0}`, `"tree" is not linear`},
		"unknown key":              {`{"coef":[1],"intercept":0,"n_iter":[3]}`, `"n_iter" is not a known key`},
		"outputs without classes":  {`{"coef":[[1],[2]],"intercept":[0,1]}`, "rows for a regression"},
		"null intercept":           {`{"coef":[1],"intercept":null}`, "intercept: null"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := ParseSklearn([]byte(test.text))
			if err != nil {
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %s", err, test.want)
				}
				return
			}
			if got := sketch(m); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func FuzzParseLinear(f *testing.F) {
	f.Add([]byte(`{"objective":"logistic","features":["a","b"],"classes":[0,1],"coef":[[1,-2e-3]],"intercept":[0.5]}`))
	f.Add([]byte(`{"features":["a"],"coef":[[1]],"intercept":[1],"mean":[3],"scale":[4]}`))
	f.Add([]byte(`{"features":["a"],"classes":["x","y","z"],"coef":[[1],[2],[3]],"intercept":[1,2,3]}`))
	f.Add([]byte(`{"coef":[null],"coef":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = ParseSklearn(data) // must only not panic
		m, err := ParseLinear(data)
		if err != nil {
			return
		}
		text := m.AppendJSON(nil)
		again, err := ParseLinear(text)
		if err != nil {
			t.Fatalf("what it wrote does not load: %v\n%s", err, text)
		}
		if string(again.AppendJSON(nil)) != string(text) {
			t.Fatalf("written again it differs from\n%s", text)
		}
		n := m.Outputs()
		row := Row{X: make([]float64, len(m.FeatureNames))}
		raw, out := make([]float64, n), make([]float64, n)
		fastRaw, fastOut := make([]float64, n), make([]float64, n)
		m.Reference().Evaluate(raw, out, row)
		m.Fast(nil).Evaluate(fastRaw, fastOut, row)
		if !sameBits(raw, fastRaw) || !sameBits(out, fastOut) {
			t.Fatalf("reference %v, fast %v", out, fastOut)
		}
	})
}

func sketch(m *LinearModel) string {
	return fmt.Sprintf("%s %q %q %v %v", m.Objective, m.FeatureNames, m.ClassNames, m.Coef, m.Intercept)
}
