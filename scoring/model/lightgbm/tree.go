package lightgbm

import (
	"fmt"

	"hindsight/scoring/model/tree"
)

// The bits of decision_type.
const (
	categoricalBit = 1
	defaultLeftBit = 2
	missingShift   = 2 // then two bits: none, zero, NaN
	knownBits      = 15
)

// parseTree reads one tree. Its shape is not checked yet.
func parseTree(s *section) (*tree.Tree, error) {
	leaves, err := s.integer("num_leaves", 1, tree.MaxLeaves)
	if err != nil {
		return nil, err
	}
	t := &tree.Tree{}
	if t.Leaves, err = s.floats("leaf_value", leaves); err != nil {
		return nil, err
	}
	if s.fields["is_linear"] == "1" {
		if t.Linear, err = parseLinear(s, leaves); err != nil {
			return nil, err
		}
	}
	if leaves > 1 {
		t.Nodes, err = parseNodes(s, leaves-1)
	}
	return t, err
}

func parseNodes(s *section, n int) ([]tree.Node, error) {
	features, err := s.integers("split_feature", n)
	if err != nil {
		return nil, err
	}
	thresholds, err := s.floats("threshold", n)
	if err != nil {
		return nil, err
	}
	left, err := s.integers("left_child", n)
	if err != nil {
		return nil, err
	}
	right, err := s.integers("right_child", n)
	if err != nil {
		return nil, err
	}
	types := make([]int, n)
	if s.has("decision_type") {
		if types, err = s.integers("decision_type", n); err != nil {
			return nil, err
		}
	}
	sets, err := parseSets(s)
	if err != nil {
		return nil, err
	}
	nodes := make([]tree.Node, n)
	for i := range nodes {
		node := &nodes[i]
		*node = tree.Node{Feature: features[i], Left: left[i], Right: right[i], Threshold: thresholds[i]}
		if err := decide(node, types[i], sets); err != nil {
			return nil, fmt.Errorf("%s: node %d: %w", s.name, i, err)
		}
	}
	return nodes, nil
}

// decide turns decision_type into what the node does.
func decide(node *tree.Node, bits int, sets [][]uint64) error {
	if bits < 0 || bits > knownBits {
		return fmt.Errorf("decision_type %d is not supported", bits)
	}
	if bits&categoricalBit != 0 {
		k := int(node.Threshold)
		if float64(k) != node.Threshold || k < 0 || k >= len(sets) {
			return fmt.Errorf("uses category set %v of %d", node.Threshold, len(sets))
		}
		node.Categories, node.MembersLeft, node.Threshold = sets[k], true, 0
		return nil // NaN is in no set
	}
	left := bits&defaultLeftBit != 0
	switch bits >> missingShift {
	case 0: // NaN is read as 0
		node.NaNLeft = 0 <= node.Threshold
	case 1: // 0 is missing, and NaN is read as 0
		node.NaNLeft, node.Zero = left, tree.AlwaysRight
		if left {
			node.Zero = tree.AlwaysLeft
		}
	case 2:
		node.NaNLeft = left
	default:
		return fmt.Errorf("decision_type %d has the unknown missing type 3", bits)
	}
	return nil
}

// parseSets reads the category sets of a tree, words of 32 bits in the file.
func parseSets(s *section) ([][]uint64, error) {
	if text, ok := s.fields["num_cat"]; !ok || text == "0" {
		return nil, nil
	}
	n, err := s.integer("num_cat", 1, tree.MaxLeaves)
	if err != nil {
		return nil, err
	}
	bounds, err := s.integers("cat_boundaries", n+1)
	if err != nil {
		return nil, err
	}
	if bounds[0] != 0 {
		return nil, fmt.Errorf("%s: cat_boundaries begin with %d, not 0", s.name, bounds[0])
	}
	words, err := s.words32("cat_threshold", bounds[n])
	if err != nil {
		return nil, err
	}
	sets := make([][]uint64, n)
	for i := range sets {
		low, high := bounds[i], bounds[i+1]
		if low >= high || high > len(words) {
			return nil, fmt.Errorf("%s: cat_boundaries: set %d is words %d to %d of %d", s.name, i, low, high, len(words))
		}
		sets[i] = make([]uint64, (high-low+1)/2)
		for j, word := range words[low:high] {
			sets[i][j/2] |= uint64(word) << (j % 2 * 32)
		}
	}
	return sets, nil
}

// parseLinear reads the linear functions of the leaves.
func parseLinear(s *section, leaves int) ([]tree.Linear, error) {
	constants, err := s.floats("leaf_const", leaves)
	if err != nil {
		return nil, err
	}
	counts, err := s.integers("num_features", leaves)
	if err != nil {
		return nil, err
	}
	total := 0
	for i, n := range counts {
		if n < 0 || n > tree.MaxFeatures {
			return nil, fmt.Errorf("%s: num_features: leaf %d has %d", s.name, i, n)
		}
		total += n
	}
	features, err := s.integers("leaf_features", total)
	if err != nil {
		return nil, err
	}
	coef, err := s.floats("leaf_coeff", total)
	if err != nil {
		return nil, err
	}
	linear := make([]tree.Linear, leaves)
	for i, n := range counts {
		linear[i] = tree.Linear{Const: constants[i], Features: features[:n], Coef: coef[:n]}
		features, coef = features[n:], coef[n:]
	}
	return linear, nil
}
