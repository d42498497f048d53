package tree

import (
	"math"
	"math/rand/v2"
	"testing"
)

// randomForest has features of every kind: numbers with and without zeros that
// go their own way, and categories.
func randomForest(r *rand.Rand, trees, leaves, outputs int) *Forest {
	f := &Forest{Width: 1 + r.IntN(12), Outputs: outputs, Single: r.IntN(2) == 0, FlushZeros: r.IntN(2) == 0}
	for range outputs {
		f.Base = append(f.Base, float64(float32(r.NormFloat64())))
	}
	zeros := r.IntN(2) == 0
	for i := range trees {
		t := Tree{Output: i % outputs, Leaves: []float64{float64(float32(r.NormFloat64()))}}
		for size := 1 + r.IntN(leaves); len(t.Leaves) < size; {
			// Split a leaf: it moves below the new node, a new leaf beside it.
			leaf := r.IntN(len(t.Leaves))
			at := len(t.Nodes)
			for j := range t.Nodes {
				if t.Nodes[j].Left == ^leaf {
					t.Nodes[j].Left = at
				} else if t.Nodes[j].Right == ^leaf {
					t.Nodes[j].Right = at
				}
			}
			n := Node{Feature: r.IntN(f.Width), Left: ^leaf, Right: ^len(t.Leaves), NaNLeft: r.IntN(2) == 0}
			if r.IntN(2) == 0 {
				n.Left, n.Right = n.Right, n.Left
			}
			if n.Feature%4 == 3 {
				n.Categories = []uint64{r.Uint64() & r.Uint64(), r.Uint64()}[:1+r.IntN(2)]
				n.MembersLeft = r.IntN(2) == 0
			} else {
				n.Threshold = float64(float32(math.Round(r.NormFloat64()*4) / 4))
				if zeros && n.Feature%4 == 1 {
					n.Zero = Side(r.IntN(3))
				}
				switch r.IntN(40) {
				case 0:
					n.Threshold = math.Inf(1)
				case 1:
					n.Threshold = math.Inf(-1)
				case 2:
					n.Threshold = math.Copysign(0, -1)
				}
			}
			t.Nodes = append(t.Nodes, n)
			t.Leaves = append(t.Leaves, float64(float32(r.NormFloat64())))
		}
		f.Trees = append(f.Trees, t)
	}
	return f
}

func sameSums(a, b []float64) bool {
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			return false
		}
	}
	return true
}

// agree compares s with the reference around every threshold and at random.
func agree(t *testing.T, f *Forest, name string, s Summer, r *rand.Rand) {
	t.Helper()
	reference := f.Reference()
	want, got := make([]float64, f.Outputs), make([]float64, f.Outputs)
	compare := func(x []float64) {
		reference.Sum(want, x)
		s.Sum(got, x)
		if !sameSums(want, got) {
			t.Fatalf("%s: %v for %v, the reference says %v; %d trees, single %v", name, got, x, want, len(f.Trees), f.Single)
		}
	}
	f.Probe(400, compare)
	x := make([]float64, f.Width)
	all := edges()
	for range 200 {
		for i := range x {
			x[i] = math.Round(r.NormFloat64()*8) / 4
			switch r.IntN(6) {
			case 0:
				x[i] = all[r.IntN(len(all))]
			case 1:
				x[i] = float64(r.IntN(140))
			}
		}
		compare(x)
	}
}

func TestFastEvaluatorsHaveTheBitsOfTheReference(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	kernels := map[string]int{}
	for trial := range 300 {
		leaves := []int{2, 8, 32, 33, 64, 200}[trial%6]
		f := randomForest(r, 1+r.IntN(40), leaves, 1+trial%3)
		if err := f.Validate(); err != nil {
			t.Fatal(err)
		}
		c := f.Compile()
		kernels[c.Kernel()]++
		agree(t, f, c.Kernel(), c.NewSummer(), r)
		if axes, ok := f.axes(); ok {
			agree(t, f, "packed", newPacked(f, axes).newSummer(), r)
		}
	}
	if kernels["quickscorer"] < 200 || kernels["packed"] < 20 {
		t.Errorf("walked by %v: the fast evaluator was hardly tested", kernels)
	}
}

func TestSummersDoNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	f := randomForest(r, 50, 30, 3)
	x, sums := make([]float64, f.Width), make([]float64, 3)
	for name, s := range map[string]Summer{"reference": f.Reference(), "quickscorer": f.Compile().NewSummer(), "packed": packedOf(t, f)} {
		if n := testing.AllocsPerRun(100, func() { s.Sum(sums, x) }); n != 0 {
			t.Errorf("%s: %v allocations a row", name, n)
		}
	}
}

func packedOf(t *testing.T, f *Forest) Summer {
	t.Helper()
	axes, ok := f.axes()
	if !ok {
		t.Fatal("mixed features")
	}
	return newPacked(f, axes).newSummer()
}

func TestRank(t *testing.T) {
	list := []float64{math.Inf(-1), -1, 0, 5e-324, 1, 2, math.Inf(1)}
	for n := range len(list) + 1 {
		for _, x := range append(list, math.NaN(), 0.5, -2, math.Copysign(0, -1)) {
			want := 0
			for _, v := range list[:n] {
				if v < x {
					want++
				}
			}
			if got := rank(list[:n], x); got != want {
				t.Errorf("rank of %v among %v: %d, want %d", x, list[:n], got, want)
			}
		}
	}
}

// A tree whose nodes are a chain is as deep as there are leaves.
func TestDeepTreeOfAHostileFile(t *testing.T) {
	tree := Tree{Leaves: []float64{0}}
	for i := range 200_000 {
		tree.Nodes = append(tree.Nodes, Node{Left: ^i, Right: i + 1})
		tree.Leaves = append(tree.Leaves, 1)
	}
	tree.Nodes[len(tree.Nodes)-1].Right = ^(len(tree.Leaves) - 1)
	f := &Forest{Width: 1, Outputs: 1, Base: []float64{0}, Trees: []Tree{tree}}
	if err := f.Validate(); err != nil {
		t.Fatal(err)
	}
	sums := []float64{9}
	f.Compile().NewSummer().Sum(sums, []float64{1})
	if sums[0] != 1 {
		t.Errorf("got %v", sums)
	}
	if steps := f.Compile().Steps(); steps < 200_000 || steps > 400_000 {
		t.Errorf("a row is said to cost %d steps", steps)
	}
}

// What a row costs grows with all that an evaluator reads for it.
func TestSteps(t *testing.T) {
	forest := func(width, trees int, linear bool) *Forest {
		f := &Forest{Width: width, Outputs: 1, Base: []float64{0}}
		for i := range trees {
			tree := Tree{Nodes: []Node{{Feature: i % width, Left: ^0, Right: ^1}}, Leaves: []float64{1, 2}}
			if linear {
				tree.Linear = []Linear{{}, {Features: make([]int, 1000), Coef: make([]float64, 1000)}}
			}
			f.Trees = append(f.Trees, tree)
		}
		return f
	}
	tests := map[string]struct {
		forest *Forest
		least  int
	}{
		"wide":              {forest(1<<20, 1, false), 1 << 20},
		"linear leaves":     {forest(1, 10, true), 10_000},
		"tables of a width": {forest(100, 1000, false), 1000 + 100*1000/2},
	}
	for name, test := range tests {
		if err := test.forest.Validate(); err != nil {
			t.Fatal(err)
		}
		if got := test.forest.Compile().Steps(); got < test.least || got > 2*test.least {
			t.Errorf("%s: %d steps, want about %d", name, got, test.least)
		}
	}
	rows := 0
	test := tests["wide"].forest
	test.Probe(3, func([]float64) { rows++ })
	if rows != 3 {
		t.Errorf("probed with %d rows, not 3", rows)
	}
}
