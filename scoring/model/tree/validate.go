package tree

import (
	"fmt"
	"math"
)

// Limits of a forest, so that a hostile file is refused before it costs much.
const (
	MaxTrees    = 1 << 18
	MaxLeaves   = 1 << 20 // of one tree
	MaxFeatures = 1 << 20
	MaxOutputs  = 1024
	MaxWords    = 1 << 22 // of all category sets, 8 bytes each
)

// Validate returns the first fault of f: an index out of range, a node that
// has no parent, two, or itself above it, a number that is none, a size over
// the limits.
func (f *Forest) Validate() error {
	switch {
	case f.Width < 1 || f.Width > MaxFeatures:
		return fmt.Errorf("has %d features, not 1 to %d", f.Width, MaxFeatures)
	case f.Outputs < 1 || f.Outputs > MaxOutputs:
		return fmt.Errorf("has %d outputs, not 1 to %d", f.Outputs, MaxOutputs)
	case len(f.Trees) < 1 || len(f.Trees) > MaxTrees:
		return fmt.Errorf("has %d trees, not 1 to %d", len(f.Trees), MaxTrees)
	case len(f.Base) != f.Outputs:
		return fmt.Errorf("has %d base scores for %d outputs", len(f.Base), f.Outputs)
	}
	for i, v := range f.Base {
		if !finite(v) {
			return fmt.Errorf("base score %d is %v, not finite", i, v)
		}
	}
	words := 0
	for i := range f.Trees {
		t := &f.Trees[i]
		if err := f.checkTree(t); err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
		for j := range t.Nodes {
			words += len(t.Nodes[j].Categories)
		}
		if words > MaxWords {
			return fmt.Errorf("tree %d: the category sets of the trees so far have %d words, more than the %d allowed", i, words, MaxWords)
		}
	}
	return nil
}

func finite(v float64) bool { return v-v == 0 }

func (f *Forest) checkTree(t *Tree) error {
	switch {
	case t.Output < 0 || t.Output >= f.Outputs:
		return fmt.Errorf("adds to output %d of %d", t.Output, f.Outputs)
	case len(t.Leaves) < 1 || len(t.Leaves) > MaxLeaves:
		return fmt.Errorf("has %d leaves, not 1 to %d", len(t.Leaves), MaxLeaves)
	case len(t.Nodes) != len(t.Leaves)-1:
		return fmt.Errorf("has %d nodes and %d leaves; a binary tree has one node less than leaves", len(t.Nodes), len(t.Leaves))
	case t.Linear != nil && len(t.Linear) != len(t.Leaves):
		return fmt.Errorf("has %d linear leaves of %d", len(t.Linear), len(t.Leaves))
	}
	for i, v := range t.Leaves {
		if !finite(v) {
			return fmt.Errorf("leaf %d is %v, not finite", i, v)
		}
	}
	for i := range t.Linear {
		if err := f.checkLinear(&t.Linear[i]); err != nil {
			return fmt.Errorf("leaf %d: %w", i, err)
		}
	}
	for i := range t.Nodes {
		n := &t.Nodes[i]
		if n.Feature < 0 || n.Feature >= f.Width {
			return fmt.Errorf("node %d splits feature %d of %d", i, n.Feature, f.Width)
		}
		if n.Categories == nil && n.Threshold != n.Threshold {
			return fmt.Errorf("node %d has the threshold NaN", i)
		}
	}
	return t.checkShape()
}

func (f *Forest) checkLinear(l *Linear) error {
	if len(l.Features) != len(l.Coef) {
		return fmt.Errorf("has %d features and %d coefficients", len(l.Features), len(l.Coef))
	}
	if !finite(l.Const) {
		return fmt.Errorf("has the constant %v, not finite", l.Const)
	}
	for i, feature := range l.Features {
		if feature < 0 || feature >= f.Width {
			return fmt.Errorf("reads feature %d of %d", feature, f.Width)
		}
		if !finite(l.Coef[i]) {
			return fmt.Errorf("has the coefficient %v, not finite", l.Coef[i])
		}
	}
	return nil
}

// checkShape wants every node but the root, and every leaf, to be the child of
// exactly one node that the root leads to.
func (t *Tree) checkShape() error {
	if len(t.Nodes) == 0 {
		return nil
	}
	nodes, leaves := make([]bool, len(t.Nodes)), make([]bool, len(t.Leaves))
	nodes[0] = true
	open := []int{0}
	for len(open) > 0 {
		at := open[len(open)-1]
		open = open[:len(open)-1]
		for _, child := range [...]int{t.Nodes[at].Left, t.Nodes[at].Right} {
			seen, i, what := nodes, child, "node"
			if child < 0 {
				seen, i, what = leaves, ^child, "leaf"
			}
			switch {
			case i >= len(seen):
				return fmt.Errorf("node %d leads to %s %d of %d", at, what, i, len(seen))
			case seen[i]:
				return fmt.Errorf("node %d leads to %s %d, which has a parent already or is the root", at, what, i)
			}
			seen[i] = true
			if child >= 0 {
				open = append(open, child)
			}
		}
	}
	for i, reached := range nodes {
		if !reached {
			return fmt.Errorf("node %d is not reached from the root", i)
		}
	}
	return nil // n nodes have 2n children, of which n-1 are nodes: every leaf has its parent
}

// Below returns the greatest float32 less than v: the threshold of a test that
// a float32 passes when it is less than v.
func Below(v float32) float64 { return float64(math.Nextafter32(v, float32(math.Inf(-1)))) }
