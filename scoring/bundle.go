package scoring

import (
	"errors"
	"fmt"
	"slices"

	"hindsight/schemas"
	"hindsight/scoring/model"
)

// Bundle is a model with its preparation, ready to score. It is immutable and
// may be shared by goroutines.
type Bundle struct {
	Name      string
	Version   string
	Classes   []string // canonical text, the positive one of two last; none for a regression
	Threshold float64  // of the probability at and above which two classes decide for the positive
	Digest    string   // over all files but certificate and signature, in hexadecimal

	dir   string
	spec  *spec
	plan  *plan
	model model.Model

	reference *reference // nil where there is no reference.json
}

// Open reads the bundle in dir without running its tests: for tools that show
// or mend it. What scores uses Load.
func Open(dir string) (*Bundle, error) {
	f, err := openFiles(dir)
	if err != nil {
		return nil, fmt.Errorf("bundle %s: %w", dir, err)
	}
	b, err := guarded(f, open)
	if err := errors.Join(err, f.close()); err != nil {
		return nil, bundleError(dir, err)
	}
	return b, nil
}

// bundleError puts the directory before each of several faults.
func bundleError(dir string, err error) error { return fmt.Errorf("bundle %s: %w", dir, err) }

// guarded calls read. A file that brings its parser down is an error that
// names it: whoever scores has a bundle that works and goes on with that.
func guarded(f *files, read func(*files) (*Bundle, error)) (b *Bundle, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			b, err = nil, fmt.Errorf("%s: its parser has a bug that this file meets, please report it: %v", f.last, fault)
		}
	}()
	return read(f)
}

func open(f *files) (*Bundle, error) {
	s, err := readSpec(f)
	if err != nil {
		return nil, err
	}
	values, err := readFitted(f, s)
	if err != nil {
		return nil, err
	}
	m, err := readModel(f, s)
	if err != nil {
		return nil, err
	}
	b, err := assemble(s, values, m)
	if err != nil {
		return nil, err
	}
	if f.exists(referenceFile) {
		if b.reference, err = readReference(f); err != nil {
			return nil, fmt.Errorf("%s: %w", referenceFile, err)
		}
	}
	b.dir = f.dir
	b.Digest, err = f.digest()
	return b, err
}

func readSpec(f *files) (*spec, error) {
	data, err := f.read(bundleFile, maxYAMLBytes)
	if err != nil {
		return nil, err
	}
	return parseSpec(data)
}

// readFitted reads what training learnt; nothing where the spec leaves nothing to it.
func readFitted(f *files, s *spec) (fitted, error) {
	if !s.needsFit() {
		return nil, nil
	}
	data, err := f.read(s.Fitted, maxFittedBytes)
	if err != nil {
		return nil, fmt.Errorf("%w; `hindsight model train` writes it", err)
	}
	values, err := parseFitted(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Fitted, err)
	}
	return values, nil
}

func readModel(f *files, s *spec) (model.Model, error) {
	format := s.format()
	data, err := f.read(s.Model.File, format.limit)
	if err != nil {
		return nil, fmt.Errorf("%w; `hindsight model train` or `import` writes it", err)
	}
	m, err := format.parse(data, s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Model.File, err)
	}
	return m, nil
}

// assemble compiles the preparation and checks that the model fits it.
func assemble(s *spec, values fitted, m model.Model) (*Bundle, error) {
	p, err := newPlan(s, values)
	if err != nil {
		return nil, err
	}
	b := &Bundle{Name: s.Name, Version: s.Version, Classes: s.Classes, Threshold: 0.5, spec: s, plan: p, model: m}
	if s.Threshold != nil {
		b.Threshold = *s.Threshold
	}
	return b, b.checkModel()
}

func (b *Bundle) checkModel() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: "+format, append([]any{b.spec.Model.File}, args...)...))
	}
	if b.model.Regression() != (len(b.Classes) == 0) {
		fault("does not do the %s that bundle.yaml wants", b.spec.Task)
	}
	if classes := b.model.Classes(); len(classes) > 0 && !slices.Equal(classes, b.Classes) {
		fault("has the classes %q, bundle.yaml %q", classes, b.Classes)
	}
	n := b.model.Outputs()
	if n != max(len(b.Classes), 1) && !(len(b.Classes) == 2 && n == 1) {
		fault("has %d outputs for %d classes", n, len(b.Classes))
	}
	features := b.model.Features()
	if len(features) != len(b.plan.columns) {
		fault("has %d features, preparation makes %d", len(features), len(b.plan.columns))
	}
	for i := range min(len(features), len(b.plan.columns)) {
		if features[i] != b.plan.columns[i] {
			fault("feature %d is %q, preparation makes %q there", i+1, features[i], b.plan.columns[i])
			break
		}
	}
	return errors.Join(append(faults, b.checkLevels())...)
}

// Positive returns the class whose probability Answer.Value is; "" where there are not two.
func (b *Bundle) Positive() string {
	if len(b.Classes) != 2 {
		return ""
	}
	return b.Classes[1]
}

// Dir returns the directory that the bundle was read from.
func (b *Bundle) Dir() string { return b.dir }

// Ref returns NAME@VERSION.
func (b *Bundle) Ref() string { return b.Name + "@" + b.Version }

// Fields returns the inputs as fields of the event, with the slots that
// Scorer.Score wants their values in.
func (b *Bundle) Fields() []schemas.Field {
	fields := make([]schemas.Field, len(b.plan.inputs))
	for i, in := range b.plan.inputs {
		kind := schemas.Number
		switch in.Type {
		case categoryInput:
			kind = schemas.Text
		case timeInput:
			kind = schemas.Time
		}
		fields[i] = schemas.Field{Path: in.Path, Type: kind, Slot: in.slot, Optional: in.optional}
	}
	return fields
}
