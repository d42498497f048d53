package xgboost

import (
	"fmt"

	"hindsight/scoring/model/tree"
)

// maxCategory is the first category that float32 cannot tell from the next.
const maxCategory = 1 << 24

// maxMembers is how many categories the sets of one tree may list.
const maxMembers = tree.MaxWords

// parseSets reads the category sets of a tree, per node, nil for numeric ones;
// nil as a whole where there are none. A set may be 2 MiB of bits from four
// bytes of file, so all of them together are bounded before they are made.
func parseSets(n *node, types []int, words *int) ([][]uint64, error) {
	if types == nil {
		return nil, nil
	}
	size := len(types)
	nodes, err := n.integersWithin("categories_nodes", 0, size)
	if err != nil {
		return nil, err
	}
	starts, err := n.integers("categories_segments", len(nodes))
	if err != nil {
		return nil, err
	}
	sizes, err := n.integers("categories_sizes", len(nodes))
	if err != nil {
		return nil, err
	}
	categories, err := n.integersWithin("categories", 0, maxMembers)
	if err != nil {
		return nil, err
	}
	var sets [][]uint64
	if len(nodes) > 0 {
		sets = make([][]uint64, size)
	}
	left := len(categories)
	for i, at := range nodes {
		if at < 0 || at >= size || sets[at] != nil || types[at] != 1 {
			return nil, fmt.Errorf("categories_nodes: entry %d is node %d, which is not a categorical one of %d, or is there twice", i, at, size)
		}
		low, count := starts[i], sizes[i]
		if low < 0 || count < 1 || low > len(categories) || count > len(categories)-low {
			return nil, fmt.Errorf("node %d: its categories are %d from %d on, of %d", at, count, low, len(categories))
		}
		if left -= count; left < 0 {
			return nil, fmt.Errorf("node %d: categories_sizes promise more than the %d categories", at, len(categories))
		}
		if sets[at], err = makeSet(categories[low:low+count], words); err != nil {
			return nil, fmt.Errorf("node %d: %w", at, err)
		}
	}
	return sets, nil
}

func makeSet(members []int, words *int) ([]uint64, error) {
	highest := 0
	for _, c := range members {
		if c < 0 || c >= maxCategory {
			return nil, fmt.Errorf("category %d is not between 0 and %d", c, maxCategory-1)
		}
		highest = max(highest, c)
	}
	// XGBoost keeps 32 bits a word, and what lies beyond its words is no member either.
	*words += highest/64 + 1
	if *words > tree.MaxWords {
		return nil, fmt.Errorf("the category sets of the trees so far have more than the %d words allowed", tree.MaxWords)
	}
	set := make([]uint64, highest/64+1)
	for _, c := range members {
		set[c/64] |= 1 << (c % 64)
	}
	return set, nil
}
