package scoring

import (
	"errors"
	"fmt"

	"hindsight/scoring/model"
)

const defaultL2 = 1.0

// Trained says what Train did.
type Trained struct {
	Rows       int
	Features   int
	Iterations int
	Files      []string // written, by name
}

// Train fits the linear model that the bundle in dir declares to the labelled
// rows, and writes the model file, fitted.json where something says `fit`, and
// golden.csv. The same rows, seed and declaration give the same bytes.
func Train(dir string, data *Table, label string) (*Trained, error) {
	f, err := openFiles(dir)
	if err != nil {
		return nil, bundleError(dir, err)
	}
	done, err := train(f, data, label)
	if err := errors.Join(err, f.close()); err != nil {
		return nil, bundleError(dir, err)
	}
	return done, nil
}

func train(f *files, data *Table, label string) (*Trained, error) {
	s, err := readSpec(f)
	if err != nil {
		return nil, err
	}
	fit, err := s.fit(data, label)
	if err != nil {
		return nil, err
	}
	b, err := assemble(s, fit.values, fit.model)
	if err != nil {
		return nil, err
	}
	golden, err := b.makeGolden(data)
	if err != nil {
		return nil, err
	}
	goldenName := goldenFile
	if g := s.Tests.Golden; g != nil {
		goldenName = g.File
	}
	done := &Trained{Rows: fit.rows, Features: len(b.plan.columns), Iterations: fit.iterations}
	outputs := []struct {
		name string
		data []byte
	}{{s.Model.File, fit.model.AppendJSON(nil)}, {goldenName, golden}}
	if fit.values != nil {
		values, err := fit.values.encode()
		if err != nil {
			return nil, err
		}
		outputs = append(outputs, outputs[1])
		outputs[1].name, outputs[1].data = s.Fitted, values
	}
	for _, out := range outputs {
		if err := f.write(out.name, out.data); err != nil {
			return nil, err
		}
		done.Files = append(done.Files, out.name)
	}
	return done, nil
}

// fit is the outcome of one training.
type fit struct {
	values     fitted
	model      *model.LinearModel
	rows       int
	iterations int
}

// fit learns from data what the spec leaves to training, and the model.
func (s *spec) fit(data *Table, label string) (*fit, error) {
	if s.Model.Format != linearFormat {
		return nil, fmt.Errorf("only the format linear can be trained here, not %s", s.Model.Format)
	}
	rows, err := s.trainingRows(data)
	if err != nil {
		return nil, err
	}
	values, err := s.fitPreparation(rows)
	if err != nil {
		return nil, err
	}
	p, err := newPlan(s, values)
	if err != nil {
		return nil, err
	}
	set, err := s.newTrainingSet(p, rows, data, label)
	if err != nil {
		return nil, err
	}
	l1, l2 := s.penalties()
	solution, err := minimise(set, s.objective(), max(1, len(s.Classes)), l1, l2)
	if err != nil {
		return nil, err
	}
	m := &model.LinearModel{
		Objective: s.objective(), FeatureNames: p.columns, ClassNames: s.Classes,
		Coef: solution.coef, Intercept: solution.intercept,
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("the trained model is not usable: %w", err)
	}
	return &fit{values, m, len(rows), solution.iterations}, nil
}

// penalties are train.l1 and train.l2; where l1 is given alone, l2 is 0.
func (s *spec) penalties() (l1, l2 float64) {
	l2 = defaultL2
	if t := s.Train; t != nil {
		if t.L1 != nil {
			l1, l2 = *t.L1, 0
		}
		if t.L2 != nil {
			l2 = *t.L2
		}
	}
	return l1, l2
}

// objective is train.kind, or what the task implies.
func (s *spec) objective() model.Objective {
	switch {
	case s.Train != nil && s.Train.Kind != "":
		return model.Objective(s.Train.Kind)
	case s.Task == "regression":
		return model.Linear
	case len(s.Classes) == 2:
		return model.Logistic
	}
	return model.Multinomial
}

// checkKind refuses a kind of training that does not fit the task.
func (s *spec) checkKind(kind string) error {
	fits := false
	switch model.Objective(kind) {
	case "":
		fits = true
	case model.Linear:
		fits = s.Task == "regression"
	case model.Logistic:
		fits = len(s.Classes) == 2
	case model.Multinomial:
		fits = len(s.Classes) >= 2
	default:
		return fmt.Errorf("%q is none of linear, logistic, softmax", kind)
	}
	if !fits {
		return fmt.Errorf("%s does not fit a %s of %d classes", kind, s.Task, len(s.Classes))
	}
	return nil
}
