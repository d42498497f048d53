package xgboost

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"hindsight/scoring/model/tree"
)

// Parse reads a model file, JSON or UBJSON. The error names the field.
func Parse(data []byte) (*Model, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%d bytes are more than the %d allowed", len(data), MaxBytes)
	}
	root, err := readDocument(data)
	if err != nil {
		return nil, err
	}
	return parseModel(root)
}

// readDocument tells the two formats by what follows the first brace: a length
// in UBJSON, a key in JSON.
func readDocument(data []byte) (*node, error) {
	if !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) {
		return nil, fmt.Errorf("is neither JSON nor UBJSON; save the booster as model.ubj or model.json")
	}
	if len(data) > 1 && data[1] == 'L' {
		return (&ubjReader{data: data, left: newBudget(len(data))}).document()
	}
	return (&jsonReader{data: data, left: newBudget(len(data))}).document()
}

func parseModel(root *node) (*Model, error) {
	version, err := root.integers("version", 3)
	if err != nil {
		return nil, err
	}
	if version[0] < 1 || version[0] > 3 {
		return nil, fmt.Errorf("version %d of XGBoost is not supported; supported are 1 to 3", version[0])
	}
	learner, err := root.get("learner")
	if err != nil {
		return nil, err
	}
	m := &Model{}
	width, err := m.readParams(learner)
	if err != nil {
		return nil, err
	}
	base, err := m.readBase(learner)
	if err != nil {
		return nil, err
	}
	booster, err := learner.get("gradient_booster")
	if err != nil {
		return nil, err
	}
	name, err := booster.word("name")
	if err != nil {
		return nil, err
	}
	switch name {
	case "gblinear":
		m.linear, err = parseLinear(booster, width, base)
		return m, err
	case "gbtree", "dart":
		model, err := treesOf(booster)
		if err != nil {
			return nil, err
		}
		if m.levels, err = parseCats(model, width); err != nil {
			return nil, err
		}
		m.forest = &tree.Forest{Width: width, Outputs: m.outputs, Single: true, Base: base}
		if err := parseForest(m.forest, booster, model); err != nil {
			return nil, err
		}
		if err := m.forest.Validate(); err != nil {
			return nil, err
		}
		m.fast = m.forest.Compile()
		return m, nil
	}
	return nil, fmt.Errorf("booster %.40q is not supported", name)
}

// readParams reads how many features and outputs there are, and what the latter mean.
func (m *Model) readParams(learner *node) (width int, err error) {
	if width, err = learner.count("learner_model_param.num_feature", 1, tree.MaxFeatures, 0); err != nil {
		return 0, err
	}
	classes, err := learner.count("learner_model_param.num_class", 0, tree.MaxOutputs, 0)
	if err != nil {
		return 0, err
	}
	targets, err := learner.count("learner_model_param.num_target", 1, tree.MaxOutputs, 1)
	if err != nil {
		return 0, err
	}
	m.outputs = max(classes, targets, 1)
	name, err := learner.word("objective.name")
	if err != nil {
		return 0, err
	}
	if targets > 1 {
		return 0, fmt.Errorf("learner_model_param.num_target is %d: models of several targets are not supported", targets)
	}
	if m.objective, err = parseObjective(name, m.outputs); err != nil {
		return 0, err
	}
	if m.features, err = learner.words("feature_names"); err != nil {
		return 0, err
	}
	if len(m.features) == 0 {
		for i := range width {
			m.features = append(m.features, "f"+strconv.Itoa(i))
		}
	}
	if len(m.features) != width {
		return 0, fmt.Errorf("feature_names has %d names for %d features", len(m.features), width)
	}
	return width, nil
}

// readBase reads base_score, one number before XGBoost 3.1, since then a list
// with one for each output.
func (m *Model) readBase(learner *node) ([]float64, error) {
	const key = "learner_model_param.base_score"
	word, err := learner.word(key)
	if err != nil {
		return nil, err
	}
	words := strings.Split(strings.TrimSuffix(strings.TrimPrefix(word, "["), "]"), ",")
	if len(words) != 1 && len(words) != m.outputs {
		return nil, fmt.Errorf("%s has %d numbers for %d outputs", key, len(words), m.outputs)
	}
	base := make([]float64, m.outputs)
	for i := range base {
		text := strings.TrimSpace(words[min(i, len(words)-1)])
		score, err := strconv.ParseFloat(text, 32)
		if err != nil {
			return nil, fmt.Errorf("%s: %.40q is not a number", key, text)
		}
		margin, err := m.objective.margin(float32(score))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		base[i] = float64(margin)
	}
	return base, nil
}
