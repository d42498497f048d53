package xgboost

import (
	"fmt"
	"math"

	"hindsight/scoring/model/tree"
)

// treesOf returns what holds the trees of a booster: of dart within its gbtree
// before XGBoost 3.3.
func treesOf(booster *node) (*node, error) {
	if model, err := booster.get("model"); err == nil {
		return model, nil
	}
	return booster.get("gbtree.model")
}

// parseForest reads the trees of gbtree, and of dart with a weight for each:
// beside its gbtree before XGBoost 3.3, since then within the model.
func parseForest(f *tree.Forest, booster, model *node) error {
	trees, err := model.get("trees")
	if err != nil {
		return err
	}
	count := trees.length()
	if trees.kind != list || count > tree.MaxTrees {
		return fmt.Errorf("trees is %v of %d, not a list of 1 to %d", trees.kind, count, tree.MaxTrees)
	}
	groups, err := model.integers("tree_info", count)
	if err != nil {
		return err
	}
	var weights []float32
	for _, place := range [...]*node{booster, model} {
		if w := place.find("weight_drop"); w != nil && w.length() > 0 {
			if weights, err = place.floats("weight_drop", count); err != nil {
				return err
			}
		}
	}
	words := 0
	for i := range trees.items {
		t, err := parseTree(&trees.items[i], &words)
		if err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
		t.Output = groups[i]
		if weights != nil {
			for j, v := range t.Leaves {
				t.Leaves[j] = float64(float32(v) * weights[i])
			}
		}
		f.Trees = append(f.Trees, *t)
	}
	return nil
}

// fileTree is a tree as the file has it, leaves being nodes without children.
type fileTree struct {
	left, right, features, defaultLeft []int
	conditions                         []float32 // of a split, or the value of a leaf
	types                              []int     // 0 of a number, 1 of a category; nil in files before 1.3
	sets                               [][]uint64
}

// parseTree reads one tree and leaves out what its root does not lead to,
// which is what pruning has deleted. Words counts the category sets of all trees.
func parseTree(n *node, words *int) (*tree.Tree, error) {
	if size, err := n.count("tree_param.size_leaf_vector", 0, tree.MaxOutputs, 0); err != nil {
		return nil, err
	} else if size > 1 {
		return nil, fmt.Errorf("size_leaf_vector is %d: trees with several values in a leaf are not supported", size)
	}
	left, err := n.integersWithin("left_children", 1, 2*tree.MaxLeaves)
	if err != nil {
		return nil, err
	}
	f := &fileTree{left: left}
	size := len(left)
	for _, field := range [...]struct {
		key  string
		into *[]int
	}{{"right_children", &f.right}, {"split_indices", &f.features}, {"default_left", &f.defaultLeft}} {
		if *field.into, err = n.integers(field.key, size); err != nil {
			return nil, err
		}
	}
	if f.conditions, err = n.floats("split_conditions", size); err != nil {
		return nil, err
	}
	if n.find("split_type") != nil {
		if f.types, err = n.integers("split_type", size); err != nil {
			return nil, err
		}
	}
	if f.sets, err = parseSets(n, f.types, words); err != nil {
		return nil, err
	}
	t := &tree.Tree{}
	return t, f.walk(t)
}

// walk adds the nodes and leaves to t in the order in which the root leads to
// them.
func (f *fileTree) walk(t *tree.Tree) error {
	met := make([]bool, len(f.left))
	type visit struct {
		at, parent int
		left       bool
	}
	open := []visit{{at: 0, parent: -1}}
	for len(open) > 0 {
		v := open[len(open)-1]
		open = open[:len(open)-1]
		if v.at < 0 || v.at >= len(met) {
			return fmt.Errorf("a child is node %d of %d", v.at, len(met))
		}
		if met[v.at] {
			return fmt.Errorf("node %d is below two others, or below itself", v.at)
		}
		met[v.at] = true
		number, err := f.visit(t, v.at)
		if err != nil {
			return fmt.Errorf("node %d: %w", v.at, err)
		}
		switch {
		case v.parent < 0:
		case v.left:
			t.Nodes[v.parent].Left = number
		default:
			t.Nodes[v.parent].Right = number
		}
		if number >= 0 {
			open = append(open, visit{f.right[v.at], number, false}, visit{f.left[v.at], number, true})
		}
	}
	return nil
}

// visit adds node i to t and returns its number, that of a leaf as ^leaf.
func (f *fileTree) visit(t *tree.Tree, i int) (int, error) {
	if f.left[i] == -1 {
		t.Leaves = append(t.Leaves, float64(f.conditions[i]))
		return ^(len(t.Leaves) - 1), nil
	}
	if f.right[i] != f.left[i]+1 {
		return 0, fmt.Errorf("has the children %d and %d; XGBoost reads the right one as the one after the left", f.left[i], f.right[i])
	}
	n := tree.Node{Feature: f.features[i], NaNLeft: f.defaultLeft[i] != 0}
	switch {
	case f.sets != nil && f.sets[i] != nil:
		n.Categories = f.sets[i] // its members go right
	case f.types != nil && f.types[i] != 0:
		return 0, fmt.Errorf("split_type %d without categories is not supported", f.types[i])
	default:
		c := f.conditions[i]
		if c != c || math.IsInf(float64(c), -1) {
			return 0, fmt.Errorf("has the threshold %v", c)
		}
		n.Threshold = tree.Below(c)
	}
	t.Nodes = append(t.Nodes, n)
	return len(t.Nodes) - 1, nil
}
