package tree

// Reference returns the Summer that walks one tree after the other, the
// definition of the answer.
func (f *Forest) Reference() Summer {
	return &reference{forest: f, x: make([]float64, f.Width)}
}

type reference struct {
	forest *Forest
	x      []float64
}

func (r *reference) Sum(sums, x []float64) {
	f := r.forest
	for i := range r.x {
		r.x[i] = f.canonical(x[i])
	}
	copy(sums, f.Base)
	for i := range f.Trees {
		t := &f.Trees[i]
		sum := &sums[t.Output]
		*sum = f.add(*sum, t.value(f.walk(t, r.x), r.x))
	}
}

// walk returns the leaf that the canonical row x comes to.
func (f *Forest) walk(t *Tree, x []float64) int {
	if len(t.Nodes) == 0 {
		return 0
	}
	at := 0
	for at >= 0 {
		n := &t.Nodes[at]
		if f.goesLeft(n, x[n.Feature]) {
			at = n.Left
		} else {
			at = n.Right
		}
	}
	return ^at
}

// add is one step of a sum, in the precision of the forest.
func (f *Forest) add(sum, v float64) float64 {
	if f.Single {
		return float64(float32(sum) + float32(v))
	}
	return sum + v
}

// value returns what a leaf of t adds for the canonical row x.
func (t *Tree) value(leaf int, x []float64) float64 {
	if t.Linear == nil {
		return t.Leaves[leaf]
	}
	linear := &t.Linear[leaf]
	v := linear.Const
	for i, feature := range linear.Features {
		if x[feature] != x[feature] {
			return t.Leaves[leaf]
		}
		v += float64(linear.Coef[i] * x[feature])
	}
	return v
}
