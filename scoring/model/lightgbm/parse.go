package lightgbm

import (
	"fmt"
	"strings"

	"hindsight/scoring/model/tree"
)

// Parse reads a model file. The error names the tree and the field.
func Parse(data []byte) (*Model, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%d bytes are more than the %d allowed", len(data), MaxBytes)
	}
	header, trees, rest, err := split(string(data))
	if err != nil {
		return nil, err
	}
	m := &Model{forest: &tree.Forest{FlushZeros: true}}
	if err := m.readHeader(header, len(trees)); err != nil {
		return nil, err
	}
	for i, s := range trees {
		t, err := parseTree(s)
		if err != nil {
			return nil, err
		}
		t.Output = i % m.forest.Outputs
		m.forest.Trees = append(m.forest.Trees, *t)
	}
	if err := m.forest.Validate(); err != nil {
		return nil, err
	}
	if err := m.readLevels(header, rest); err != nil {
		return nil, err
	}
	m.fast = m.forest.Compile()
	return m, nil
}

func (m *Model) readHeader(h *section, trees int) error {
	if !h.has("tree") {
		return fmt.Errorf(`header: does not begin with "tree": not a LightGBM model of trees`)
	}
	switch version := h.fields["version"]; version {
	case "v2", "v3", "v4":
	default:
		return fmt.Errorf("header: version %q is not supported; supported are v2, v3, v4", version)
	}
	highest, err := h.integer("max_feature_idx", 0, tree.MaxFeatures-1)
	if err != nil {
		return err
	}
	names, ok := h.fields["feature_names"]
	if !ok {
		return fmt.Errorf("header: feature_names is missing")
	}
	if n := countWords(names); n != highest+1 {
		return fmt.Errorf("header: feature_names has %d names, max_feature_idx wants %d", n, highest+1)
	}
	m.features = strings.Fields(names)
	classes, err := h.integer("num_class", 1, tree.MaxOutputs)
	if err != nil {
		return err
	}
	outputs := classes
	if h.has("num_tree_per_iteration") {
		if outputs, err = h.integer("num_tree_per_iteration", 1, tree.MaxOutputs); err != nil {
			return err
		}
	}
	if outputs != classes {
		return fmt.Errorf("header: num_tree_per_iteration is %d for %d classes, which is not supported", outputs, classes)
	}
	if trees == 0 || trees%outputs != 0 {
		return fmt.Errorf("has %d trees, wants a multiple of the %d of an iteration", trees, outputs)
	}
	if m.objective, err = parseObjective(h.fields["objective"], outputs); err != nil {
		return err
	}
	if h.has("average_output") {
		m.objective.parts = float64(trees / outputs)
	}
	m.forest.Width, m.forest.Outputs = len(m.features), outputs
	m.forest.Base = make([]float64, outputs)
	return nil
}
