package tree

import "slices"

// axis is the bins of one feature: two values of the same bin go the same way
// at every node. Numeric bins are ranks, the number of thresholds below a
// value: x <= t[k] exactly where rank(x) <= k. After the ranks come a bin for
// NaN and, where zeros go their own way, one for 0. Categorical bins are the
// categories, then one for all others, then one for NaN.
type axis struct {
	feature    int
	thresholds []float64 // distinct, ascending
	zeros      bool
	categories int // with a bin of their own; 0 for a numeric axis
}

// axes returns the axes of the features that f splits, ascending by feature;
// false where a feature is numeric at one node and categorical at another.
func (f *Forest) axes() ([]axis, bool) {
	at := make(map[int]*axis)
	for i := range f.Trees {
		for j := range f.Trees[i].Nodes {
			n := &f.Trees[i].Nodes[j]
			a := at[n.Feature]
			if a == nil {
				a = &axis{feature: n.Feature}
				at[n.Feature] = a
			}
			if n.Categories != nil {
				a.categories = max(a.categories, 64*len(n.Categories))
				continue
			}
			a.thresholds = append(a.thresholds, n.Threshold)
			a.zeros = a.zeros || n.Zero != ByThreshold
		}
	}
	list := make([]axis, 0, len(at))
	for _, a := range at {
		if a.categories > 0 && a.thresholds != nil {
			return nil, false
		}
		slices.Sort(a.thresholds) // -0 and 0 are one threshold
		a.thresholds = slices.Compact(a.thresholds)
		list = append(list, *a)
	}
	slices.SortFunc(list, func(a, b axis) int { return a.feature - b.feature })
	return list, true
}

// bins is their number.
func (a *axis) bins() int {
	switch {
	case a.categories > 0:
		return a.categories + 2
	case a.zeros:
		return len(a.thresholds) + 3
	}
	return len(a.thresholds) + 2
}

// nan is the bin of NaN, and zero that of 0 where zeros go their own way.
func (a *axis) nan() int {
	if a.categories > 0 {
		return a.categories + 1
	}
	return len(a.thresholds) + 1
}

func (a *axis) zero() int { return len(a.thresholds) + 2 }

// bin returns the bin of a canonical x.
func (a *axis) bin(f *Forest, x float64) int {
	switch {
	case x != x:
		return a.nan()
	case a.categories > 0:
		if c, ok := f.category(x); ok && c < a.categories {
			return c
		}
		return a.categories
	case a.zeros && x == 0:
		return a.zero()
	}
	return rank(a.thresholds, x)
}

// left reports whether n, a node on this axis, sends the rows of a bin left.
func (a *axis) left(n *Node, bin int) bool {
	switch {
	case bin == a.nan():
		return n.NaNLeft
	case a.categories > 0:
		member := bin>>6 < len(n.Categories) && n.Categories[bin>>6]>>(bin&63)&1 == 1
		return member == n.MembersLeft
	case a.zeros && bin == a.zero():
		if n.Zero != ByThreshold {
			return n.Zero == AlwaysLeft
		}
		return 0 <= n.Threshold
	}
	return bin <= a.key(n)
}

// key is the highest rank that goes left at n.
func (a *axis) key(n *Node) int {
	k, _ := slices.BinarySearch(a.thresholds, n.Threshold)
	return k
}

// rank returns how many of the ascending t are less than x. The comparison
// feeds an index and no jump: which way it falls cannot be predicted.
func rank(t []float64, x float64) int {
	low, n := 0, len(t)
	for n > 1 {
		half := n >> 1
		next := low + half
		if t[next-1] < x {
			low = next
		}
		n -= half
	}
	if n == 1 && t[low] < x {
		low++
	}
	return low
}
