package scoring

import (
	"fmt"
	"strconv"
	"strings"

	"hindsight/scoring/model"
)

// Description is a bundle for people and tools.
type Description struct {
	Name        string     `json:"name"`
	Version     string     `json:"version"`
	Description string     `json:"description,omitempty"`
	Task        string     `json:"task"`
	Format      string     `json:"format"`
	Digest      string     `json:"digest"`
	Classes     []string   `json:"classes,omitempty"`
	Positive    string     `json:"positive,omitempty"`
	Threshold   *float64   `json:"threshold,omitempty"`
	Inputs      []Input    `json:"inputs"`
	Features    []string   `json:"features"`
	Objective   string     `json:"objective,omitempty"` // of trees, as their library words it
	Trees       int        `json:"trees,omitempty"`
	Kernel      string     `json:"kernel,omitempty"`  // what walks them
	Graph       string     `json:"graph,omitempty"`   // of ONNX: its maker, operator sets, inputs and outputs
	Weights     [][]Weight `json:"weights,omitempty"` // of a linear model, a list per sum
	Tests       []string   `json:"tests"`             // what the bundle has to pass
}

// Input is a field of the event and what is made of it.
type Input struct {
	Name        string   `json:"name"`
	Path        string   `json:"path"`
	Type        string   `json:"type"`
	Optional    bool     `json:"optional"` // a missing value can be prepared
	Preparation []string `json:"preparation"`
}

// Weight is a coefficient of a linear model.
type Weight struct {
	Feature string  `json:"feature"` // "(intercept)" for that
	Value   float64 `json:"value"`
}

// Describe returns what the bundle is made of, learnt values included.
func (b *Bundle) Describe() Description {
	d := Description{
		Name: b.Name, Version: b.Version, Description: b.spec.Description, Task: b.spec.Task,
		Format: b.spec.Model.Format, Digest: b.Digest, Classes: b.Classes, Positive: b.Positive(),
		Features: b.plan.columns,
	}
	if len(b.Classes) == 2 {
		d.Threshold = &b.Threshold
	}
	for _, in := range b.plan.inputs {
		input := Input{Name: in.Name, Path: in.Path, Type: string(in.Type), Optional: in.optional}
		for _, spec := range b.plan.specs {
			if spec.Input == in.Name {
				input.Preparation = append(input.Preparation, spec.words(b.spec.format().needsFinite))
			}
		}
		d.Inputs = append(d.Inputs, input)
	}
	d.Tests = b.tests()
	if m, ok := b.model.(interface {
		Objective() string
		Trees() int
		Kernel() string
	}); ok {
		d.Objective, d.Trees, d.Kernel = m.Objective(), m.Trees(), m.Kernel()
	}
	if m, ok := b.model.(interface{ Graph() string }); ok {
		d.Graph = m.Graph()
	}
	if m, ok := b.model.(*model.LinearModel); ok {
		for r, row := range m.Coef {
			weights := []Weight{{"(intercept)", m.Intercept[r]}}
			for i, v := range row {
				weights = append(weights, Weight{m.FeatureNames[i], v})
			}
			d.Weights = append(d.Weights, weights)
		}
	}
	return d
}

// tests tells what the bundle brings to be judged by.
func (b *Bundle) tests() []string {
	tests := []string{}
	if g := b.spec.Tests.Golden; g != nil {
		tests = append(tests, "golden: "+g.File)
	}
	if p := b.spec.Tests.Performance; p != nil {
		text := "performance: " + p.File
		for _, name := range sortedKeys(p.Minimum) {
			text += fmt.Sprintf(", %s at least %g", name, p.Minimum[name])
		}
		for _, name := range sortedKeys(p.Maximum) {
			text += fmt.Sprintf(", %s at most %g", name, p.Maximum[name])
		}
		tests = append(tests, text)
	}
	if n := len(b.spec.Tests.Preparation); n > 0 {
		tests = append(tests, fmt.Sprintf("preparation: %d cases", n))
	}
	if t := b.spec.Train; t != nil && t.Data != "" {
		tests = append(tests, "retrain: "+t.Data)
	}
	if b.reference != nil {
		tests = append(tests, fmt.Sprintf("reference distributions of %d rows", b.reference.Rows))
	}
	return tests
}

// words tells a resolved entry of preparation in its order.
func (f *featureSpec) words(finite bool) string {
	var steps []string
	step := func(format string, args ...any) { steps = append(steps, fmt.Sprintf(format, args...)) }
	if f.Part != "" {
		step("%s", f.Part)
	}
	switch word := f.Missing.word; {
	case word == "value":
		step("missing is %s", short(f.Missing.value))
	case word == "level":
		step("missing is %s", f.Missing.level)
	case word != "":
		step("missing: %s", word)
	case finite && !f.Levels.on:
		step("missing: error")
	}
	if f.Log1p {
		step("log1p")
	}
	if f.Clip != nil {
		step("clip to [%s, %s]", short(f.Clip[0]), short(f.Clip[1]))
	}
	if f.Scale.on {
		step("(x - %s) / %s", short(f.Scale.mean), short(f.Scale.std))
	}
	switch {
	case f.Bucket != nil:
		step("%d buckets", len(f.Bucket)+1)
	case f.Levels.on:
		step("%d levels (%s), unknown: %s", len(f.Levels.list), shortList(f.Levels.list), orElse(f.Unknown, "error"))
	case f.Hash > 0:
		step("hash into %d", f.Hash)
	}
	if f.Encode != "" {
		step("as %s", f.Encode)
	}
	return strings.Join(steps, ", ")
}

func short(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }

// shortList joins the first few of list.
func shortList(list []string) string {
	const shown = 8
	if len(list) > shown {
		return strings.Join(list[:shown], " | ") + " | …"
	}
	return strings.Join(list, " | ")
}

func orElse(text, absent string) string {
	if text == "" {
		return absent
	}
	return text
}
