package lightgbm

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"hindsight/schemas"
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

// readLevels finds the texts of pandas categories: the list at the end of the
// file has one entry per categorical column, in the order of the columns.
func (m *Model) readLevels(h *section, rest string) error {
	m.levels = make([][]string, len(m.features))
	const key = "pandas_categorical:"
	at := strings.LastIndex(rest, "\n"+key)
	if at < 0 {
		return nil
	}
	var lists [][]json.RawMessage
	if err := json.Unmarshal([]byte(strings.TrimSpace(rest[at+1+len(key):])), &lists); err != nil {
		return fmt.Errorf("pandas_categorical: %w", err)
	}
	if len(lists) == 0 {
		return nil
	}
	columns := categorical(h.fields["feature_infos"], rest)
	if len(columns) != len(lists) {
		return fmt.Errorf("pandas_categorical: has the categories of %d columns, and which those are is not in the file; train on their codes instead", len(lists))
	}
	for i, column := range columns {
		if column >= len(m.features) {
			return fmt.Errorf("pandas_categorical: column %d of %d", column, len(m.features))
		}
		texts := make([]string, len(lists[i]))
		for j, raw := range lists[i] {
			if err := json.Unmarshal(raw, &texts[j]); err != nil {
				texts[j] = string(raw)
			}
			texts[j] = schemas.Canonical(texts[j])
		}
		m.levels[column] = texts
	}
	return nil
}

// categorical returns the categorical columns: as the training's parameters
// list them, else those whose feature_infos are lists and no ranges.
func categorical(infos, rest string) []int {
	const key = "[categorical_feature: "
	if at := strings.Index(rest, key); at >= 0 {
		text, _, _ := strings.Cut(rest[at+len(key):], "]")
		var columns []int
		for word := range strings.SplitSeq(text, ",") {
			if n, err := strconv.Atoi(word); err == nil && n >= 0 {
				columns = append(columns, n)
			}
		}
		if len(columns) > 0 {
			return columns
		}
	}
	var columns []int
	i := 0
	for info := range strings.FieldsSeq(infos) {
		if info != "none" && !strings.HasPrefix(info, "[") {
			columns = append(columns, i)
		}
		i++
	}
	return columns
}
