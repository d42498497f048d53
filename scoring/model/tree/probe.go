package tree

import "math"

// Probe calls visit with up to most rows that lie where evaluators could
// disagree: one feature at and one step beside a threshold or around a
// category, at NaN, ±0, ±Inf and the least numbers, and the others as the row
// before left them, so that later trees are met in many states. The row is
// valid during the call.
func (f *Forest) Probe(most int, visit func(x []float64)) {
	x := make([]float64, f.Width)
	left := most
	try := func(feature int, v float64) {
		if left > 0 {
			left--
			x[feature] = v
			visit(x)
		}
	}
	for _, v := range edges() {
		if left <= 0 {
			return
		}
		for i := range x {
			x[i] = v
		}
		try(0, v)
	}
	nodes := 0
	for i := range f.Trees {
		nodes += len(f.Trees[i].Nodes)
	}
	if nodes == 0 {
		return
	}
	// Where there are more nodes than rows, every stride-th, from all trees alike.
	stride := max(1, nodes*probesOfNode/max(left, 1))
	at := 0
	for i := range f.Trees {
		for j := range f.Trees[i].Nodes {
			if at++; at%stride != 0 {
				continue
			}
			n := &f.Trees[i].Nodes[j]
			if n.Categories != nil {
				c := float64(len(n.Categories) * 64)
				for _, v := range [...]float64{float64(at % int(c)), c - 1, c, -0.5} {
					try(n.Feature, v)
				}
			} else {
				try(n.Feature, n.Threshold)
				try(n.Feature, f.beside(n.Threshold, 1))
				try(n.Feature, f.beside(n.Threshold, -1))
			}
			if all := edges(); at%3 == 0 {
				try(n.Feature, all[at%len(all)])
			}
		}
	}
}

// probesOfNode is about how many rows a node costs.
const probesOfNode = 4

// Steps is about how much one row costs at most, in the reference and in the
// fast evaluator together: the values that are read, the nodes on the longest
// ways, the features of the longest linear leaves, the words of the tables.
func (c *Compiled) Steps() int {
	f := c.forest
	sum := f.Width
	for i := range f.Trees {
		t := &f.Trees[i]
		sum += 1 + t.depth()
		longest := 0
		for j := range t.Linear {
			longest = max(longest, len(t.Linear[j].Features))
		}
		sum += longest
	}
	if c.quick != nil {
		sum += len(c.quick.axes) * c.quick.words
	}
	return sum
}

// depth is the number of nodes on the longest way.
func (t *Tree) depth() int {
	if len(t.Nodes) == 0 {
		return 0
	}
	depth, deepest := make([]int, len(t.Nodes)), 0
	for _, at := range breadthFirst(t) {
		for _, child := range [...]int{t.Nodes[at].Left, t.Nodes[at].Right} {
			if child >= 0 {
				depth[child] = depth[at] + 1
			}
		}
		deepest = max(deepest, depth[at]+1)
	}
	return deepest
}

// edges are the values at which a comparison could go wrong.
func edges() []float64 {
	return []float64{
		0, math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 5e-324, -5e-324, 1e-45, -1e-45, Tiny, -Tiny,
		math.Nextafter(Tiny, 1), -1, -0.5, 0.5, 31, 32, 63, 64, 1 << 24, 1<<31 - 1, 1 << 31, 1e300, -1e300, 1,
	}
}

// beside is the number next to v, above it or below, in the forest's precision.
func (f *Forest) beside(v float64, direction int) float64 {
	to := math.Inf(direction)
	if f.Single {
		return float64(math.Nextafter32(float32(v), float32(to)))
	}
	return math.Nextafter(v, to)
}
