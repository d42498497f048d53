package tree

// Forest is decision trees whose leaves are added up. It is immutable once it
// is compiled, and may be shared by goroutines.
type Forest struct {
	Width   int // features of a row
	Outputs int // sums
	// Single makes rows and sums float32, as XGBoost computes. Thresholds,
	// leaves and Base then hold numbers that float32 can say.
	Single bool
	// FlushZeros makes an |x| of at most Tiny 0 before anything else, as
	// LightGBM's C API does.
	FlushZeros bool
	Base       []float64 // what each sum starts with
	Trees      []Tree
}

// Tiny is the float32 nearest to 1e-35, LightGBM's kZeroThreshold: nearer to 0
// than that is 0 to it.
const Tiny = float64(float32(1e-35))

// Tree adds one leaf to one sum.
type Tree struct {
	Output int
	Nodes  []Node    // the root first; none where the tree is a single leaf
	Leaves []float64 // finite
	Linear []Linear  // one per leaf, or none
}

// Node sends a row left or right. A child >= 0 is a node, else leaf ^child.
type Node struct {
	Feature     int
	Left, Right int
	Threshold   float64 // a number goes left if and only if it is <= Threshold
	NaNLeft     bool
	Zero        Side // where 0 goes
	// Categories, where not nil, makes the node categorical: bit c is set for
	// the members of a set. Threshold and Zero then say nothing.
	Categories  []uint64
	MembersLeft bool // members of the set go left and all others right, or the reverse
}

// Side is where a value goes whatever the threshold.
type Side uint8

// The sides. By the threshold is where any number goes.
const (
	ByThreshold Side = iota
	AlwaysLeft
	AlwaysRight
)

// Linear is a leaf that is a linear function: Const plus the products in their
// order, or the leaf's value where one of the features is NaN.
type Linear struct {
	Const    float64
	Features []int
	Coef     []float64
}

// Summer adds up the trees for rows. It belongs to one goroutine.
type Summer interface {
	// Sum writes the sums of the row x, which has Width values, without
	// allocating.
	Sum(sums, x []float64)
}

// canonical returns x as the trees of f see it.
func (f *Forest) canonical(x float64) float64 {
	if f.Single {
		return float64(float32(x))
	}
	if f.FlushZeros && -Tiny <= x && x <= Tiny {
		return 0
	}
	return x
}

// category returns the category that x stands for, and whether there is one:
// x without its fraction. LightGBM takes what lies above -1 and fits an int32,
// XGBoost what is not negative and below 2**24.
func (f *Forest) category(x float64) (int, bool) {
	if f.Single {
		if x >= 0 && x < 1<<24 {
			return int(x), true
		}
		return 0, false
	}
	if x > -1 && x < 1<<31 {
		return int(x), true
	}
	return 0, false
}

// goesLeft decides n for a canonical x. It defines what a node means.
func (f *Forest) goesLeft(n *Node, x float64) bool {
	switch {
	case x != x:
		return n.NaNLeft
	case n.Categories != nil:
		c, ok := f.category(x)
		member := ok && c>>6 < len(n.Categories) && n.Categories[c>>6]>>(c&63)&1 == 1
		return member == n.MembersLeft
	case x == 0 && n.Zero != ByThreshold:
		return n.Zero == AlwaysLeft
	}
	return x <= n.Threshold
}
