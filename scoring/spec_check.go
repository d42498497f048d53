package scoring

import (
	"math"
	"slices"
	"strings"

	"hindsight/schemas"
)

// Limits of a bundle.yaml.
const (
	maxInputs   = 10_000
	maxClasses  = 1024
	maxTextSize = 512     // of an input's name, a level
	maxColumns  = 1 << 20 // features after preparation
)

// parseSpec reads bundle.yaml, fills in what it leaves out, and returns every fault.
func parseSpec(data []byte) (*spec, error) {
	s := &spec{}
	d := decodeYAML(bundleFile, data, s)
	if len(d.list) > 0 && s.Name == "" && s.Inputs == nil {
		return nil, d.err() // not YAML at all: its gaps are not worth telling
	}
	s.fillDefaults()
	s.checkHead(d)
	s.checkClasses(d)
	s.checkInputs(d)
	s.checkFeatures(d)
	s.checkTests(d)
	s.checkTrain(d)
	if err := d.err(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *spec) fillDefaults() {
	if s.Model.File == "" {
		s.Model.File = s.format().file
	}
	if s.Fitted == "" {
		s.Fitted = "fitted.json"
	}
	for i, c := range s.Classes {
		s.Classes[i] = schemas.Canonical(c)
	}
	for i := range s.Inputs {
		if s.Inputs[i].Path == "" {
			s.Inputs[i].Path = s.Inputs[i].Name
		}
	}
	for i := range s.Preparation {
		f := &s.Preparation[i]
		for j, level := range f.Levels.list {
			f.Levels.list[j] = schemas.Canonical(level)
		}
		if f.Feature == "" {
			f.Feature = f.Input
			if f.Part != "" {
				f.Feature += "." + f.Part
			}
		}
	}
	if g := s.Tests.Golden; g != nil && g.File == "" {
		g.File = goldenFile
	}
	if p := s.Tests.Performance; p != nil && p.File == "" {
		p.File = "performance.csv"
	}
}

// at records a fault at the line of path, or of the nearest thing around it.
func (d *document) at(path, format string, args ...any) {
	around := path
	for around != "" && d.lines[around] == 0 {
		around = around[:max(strings.LastIndexAny(around, ".["), 0)]
	}
	line := d.lines[around]
	if around == "" {
		line = 0
	}
	d.add(line, path+": "+format, args...)
}

func (s *spec) checkHead(d *document) {
	if err := CheckName(s.Name); err != nil {
		d.at("name", "%v", err)
	}
	if err := CheckName(s.Version); err != nil {
		d.at("version", "%v", err)
	}
	if _, ok := formats()[s.Model.Format]; !ok {
		d.at("model.format", "%q is not supported; supported is %s", s.Model.Format, strings.Join(sortedKeys(formats()), ", "))
	}
	for _, file := range []struct{ key, name string }{{"model.file", s.Model.File}, {"fitted", s.Fitted}} {
		if err := checkFile(file.name); err != nil {
			d.at(file.key, "%v", err)
		}
	}
}

func (s *spec) checkClasses(d *document) {
	switch s.Task {
	case "classification":
		if n := len(s.Classes); n < 2 || n > maxClasses {
			d.at("classes", "has %d, a classification needs 2 to %d, the positive one of two last", n, maxClasses)
		}
	case "regression":
		if len(s.Classes) > 0 {
			d.at("classes", "a regression has none")
		}
	default:
		d.at("task", "%q is neither classification nor regression", s.Task)
	}
	for i, c := range s.Classes {
		if err := checkText(c, maxTextSize); err != nil {
			d.at("classes", "class %d %v", i+1, err)
		}
		if slices.Contains(s.Classes[:i], c) {
			d.at("classes", "%q is there twice (1, 1.0 and true are the same class)", c)
		}
	}
	if t := s.Threshold; t != nil {
		if len(s.Classes) != 2 {
			d.at("threshold", "applies to two classes only")
		}
		if !(*t >= 0 && *t <= 1) {
			d.at("threshold", "%v is not a probability", *t)
		}
	}
}

func (s *spec) checkInputs(d *document) {
	if n := len(s.Inputs); n == 0 || n > maxInputs {
		d.at("inputs", "has %d, wants 1 to %d", n, maxInputs)
	}
	seen := map[string]bool{}
	for i, in := range s.Inputs {
		place := indexed("inputs", i)
		if err := checkText(in.Name, maxTextSize); err != nil {
			d.at(place+".name", "%v", err)
		}
		if err := checkText(in.Path, maxTextSize); err != nil {
			d.at(place+".path", "%v", err)
		}
		if seen[in.Name] {
			d.at(place+".name", "%q is there twice", in.Name)
		}
		seen[in.Name] = true
		switch in.Type {
		case numberInput, booleanInput, categoryInput, timeInput:
		default:
			d.at(place+".type", "%q is none of number, boolean, category, time", in.Type)
		}
	}
}

func (s *spec) checkTests(d *document) {
	if g := s.Tests.Golden; g != nil {
		if err := checkFile(g.File); err != nil {
			d.at("tests.golden.file", "%v", err)
		}
		if g.Tolerance != nil && *g.Tolerance < 0 {
			d.at("tests.golden.tolerance", "is negative")
		}
	}
	if p := s.Tests.Performance; p != nil {
		if err := checkFile(p.File); err != nil {
			d.at("tests.performance.file", "%v", err)
		}
		if p.Label == "" {
			d.at("tests.performance.label", "is needed: the column with the truth")
		}
		if len(p.Minimum)+len(p.Maximum) == 0 {
			d.at("tests.performance", "wants a minimum or a maximum for at least one figure")
		}
		s.checkBounds(d, "minimum", p.Minimum, true)
		s.checkBounds(d, "maximum", p.Maximum, false)
	}
	names := map[string]bool{}
	for _, in := range s.Inputs {
		names[in.Name] = true
	}
	for i, c := range s.Tests.Preparation {
		place := indexed("tests.preparation", i)
		for _, name := range sortedKeys(c.Input) {
			if !names[name] {
				d.at(place+".input."+name, "is not an input")
			}
		}
		if c.Vector == nil && c.Features == nil && c.Error == "" {
			d.at(place, "wants a vector, features or an error to compare with")
		}
		if c.Error != "" && (c.Vector != nil || c.Features != nil) {
			d.at(place, "wants either an error or figures")
		}
	}
}

func (s *spec) checkBounds(d *document, key string, bounds map[string]float64, higherIsBetter bool) {
	for _, name := range sortedKeys(bounds) {
		place := "tests.performance." + key + "." + name
		switch kind, ok := figureKinds()[name]; {
		case !ok:
			d.at(place, "is not a figure; known are %s", strings.Join(sortedKeys(figureKinds()), ", "))
		case kind.higherIsBetter != higherIsBetter:
			d.at(place, "belongs under %s", map[bool]string{true: "minimum", false: "maximum"}[kind.higherIsBetter])
		case kind.regression != (s.Task == "regression") || kind.binary && len(s.Classes) != 2:
			d.at(place, "is not defined for this task")
		}
	}
}

func (s *spec) checkTrain(d *document) {
	t := s.Train
	if t == nil {
		return
	}
	if err := s.checkKind(t.Kind); err != nil {
		d.at("train.kind", "%v", err)
	}
	for key, l := range map[string]*float64{"train.l1": t.L1, "train.l2": t.L2} {
		if l != nil && !(*l >= 0 && *l <= math.MaxFloat32) {
			d.at(key, "%v is not a penalty", *l)
		}
	}
	if t.Data != "" {
		if err := checkFile(t.Data); err != nil {
			d.at("train.data", "%v", err)
		}
		if t.Label == "" {
			d.at("train.label", "is needed with train.data: the column with the truth")
		}
	}
}
