package tree

import "math/bits"

// quick is QuickScorer (Lucchese et al., SIGIR 2015) with its tests done
// beforehand: for each bin of each axis and each tree the set of leaves that
// the tests on that feature leave over, leaves numbered from the left. A row
// comes to the first leaf that all its features leave over. Equal results
// follow from equal leaves, which are added in the order of the trees.
type quick struct {
	forest  *Forest
	axes    []axis
	starts  []int    // per axis the row of its first bin
	words   int      // per row: a tree in each, or two where all trees have at most 32 leaves
	paired  bool     // two trees in a word
	table   []uint64 // rows × words
	leaves  []float64
	single  []float32 // the leaves of a forest in float32
	outputs []uint16
}

// maxQuickBytes bounds the table. Beyond, it falls out of every cache.
const maxQuickBytes = 32 << 20

// newQuick returns nil where the forest is not of the kind: a tree of more
// than 64 leaves, linear leaves, a table too large.
func newQuick(f *Forest, axes []axis) *quick {
	q := &quick{forest: f, axes: axes, paired: true}
	for i := range f.Trees {
		t := &f.Trees[i]
		if len(t.Leaves) > 64 || t.Linear != nil {
			return nil
		}
		if len(t.Leaves) > 32 {
			q.paired = false
		}
	}
	q.words = len(f.Trees)
	if q.paired {
		q.words = (q.words + 1) / 2
	}
	rows := 0
	for i := range axes {
		q.starts = append(q.starts, rows)
		if rows += axes[i].bins(); rows > maxQuickBytes/8/q.words {
			return nil
		}
	}
	q.table = make([]uint64, rows*q.words)
	for i := range q.table {
		q.table[i] = ^uint64(0)
	}
	q.fill()
	return q
}

// width is the leaves that a tree has room for.
func (q *quick) width() int {
	if q.paired {
		return 32
	}
	return 64
}

// place returns the word of tree i within a row, and its shift there.
func (q *quick) place(i int) (word, shift int) {
	if q.paired {
		return i / 2, i % 2 * 32
	}
	return i, 0
}

// fill clears in every row the leaves that a test which fails rules out: those
// of its left subtree.
func (q *quick) fill() {
	axisOf := make(map[int]int, len(q.axes))
	for i := range q.axes {
		axisOf[q.axes[i].feature] = i
	}
	f := q.forest
	q.leaves = make([]float64, len(f.Trees)*q.width())
	q.outputs = make([]uint16, len(f.Trees))
	for i := range f.Trees {
		t := &f.Trees[i]
		q.outputs[i] = uint16(t.Output)
		word, shift := q.place(i)
		order := leafOrder(t)
		for leaf, at := range order.rank {
			q.leaves[i*q.width()+at] = t.Leaves[leaf]
		}
		for j := range t.Nodes {
			n := &t.Nodes[j]
			a := axisOf[n.Feature]
			keep := ^(order.below(n.Left) << shift)
			clear := func(bin int) { q.table[(q.starts[a]+bin)*q.words+word] &= keep }
			axis := &q.axes[a]
			first := 0
			if axis.categories == 0 {
				first = axis.nan()
				if k := axis.key(n) + 1; k < first {
					clear(k) // and all ranks above, below
				}
			}
			for bin := first; bin < axis.bins(); bin++ {
				if !axis.left(n, bin) {
					clear(bin)
				}
			}
		}
	}
	for i := range q.axes {
		a := &q.axes[i]
		if a.categories > 0 {
			continue
		}
		for bin := 1; bin < a.nan(); bin++ {
			at := (q.starts[i] + bin) * q.words
			for w := range q.words {
				q.table[at+w] &= q.table[at-q.words+w]
			}
		}
	}
	if f.Single {
		q.single = make([]float32, len(q.leaves))
		for i, v := range q.leaves {
			q.single[i] = float32(v)
		}
		q.leaves = nil
	}
}

// leaves of a tree in their order from the left.
type order struct {
	rank []int    // per leaf
	node []uint64 // per node the leaves below it
}

func leafOrder(t *Tree) order {
	o := order{make([]int, len(t.Leaves)), make([]uint64, len(t.Nodes))}
	count := 0
	var visit func(at int) uint64 // at most 63 deep
	visit = func(at int) uint64 {
		if at < 0 {
			o.rank[^at] = count
			count++
			return 1 << (count - 1)
		}
		left := visit(t.Nodes[at].Left)
		o.node[at] = left | visit(t.Nodes[at].Right)
		return o.node[at]
	}
	if len(t.Nodes) > 0 {
		visit(0)
	}
	return o
}

// below is the set of leaves at or below a child.
func (o *order) below(child int) uint64 {
	if child < 0 {
		return 1 << o.rank[^child]
	}
	return o.node[child]
}

// quickSummer is the memory of one goroutine.
type quickSummer struct {
	*quick
	rows [][]uint64 // per axis the row of the table that the features choose
	left []uint64   // what they leave over together
}

func (q *quick) newSummer() *quickSummer {
	return &quickSummer{quick: q, rows: make([][]uint64, len(q.axes)), left: make([]uint64, q.words)}
}

// Sum implements Summer.
func (s *quickSummer) Sum(sums, x []float64) {
	for i := range s.axes {
		a := &s.axes[i]
		at := (s.starts[i] + a.bin(s.forest, s.forest.canonical(x[a.feature]))) * s.words
		s.rows[i] = s.table[at : at+s.words]
	}
	intersect(s.left, s.rows)
	copy(sums, s.forest.Base)
	switch {
	case s.single != nil && s.paired:
		addPairs(sums, s.left, s.single, s.outputs)
	case s.single != nil:
		addSets(sums, s.left, s.single, s.outputs)
	case s.paired:
		addPairs(sums, s.left, s.leaves, s.outputs)
	default:
		addSets(sums, s.left, s.leaves, s.outputs)
	}
}

// intersect writes the and of all rows, taking eight at a time so that the
// result is loaded and stored less often.
func intersect(out []uint64, rows [][]uint64) {
	for i := range out {
		out[i] = ^uint64(0)
	}
	for len(rows) >= 8 {
		n := len(out)
		a, b, c, d := rows[0][:n], rows[1][:n], rows[2][:n], rows[3][:n]
		e, f, g, h := rows[4][:n], rows[5][:n], rows[6][:n], rows[7][:n]
		for i := range out {
			out[i] &= a[i] & b[i] & c[i] & d[i] & e[i] & f[i] & g[i] & h[i]
		}
		rows = rows[8:]
	}
	for len(rows) >= 3 {
		n := len(out)
		a, b, c := rows[0][:n], rows[1][:n], rows[2][:n]
		for i := range out {
			out[i] &= a[i] & b[i] & c[i]
		}
		rows = rows[3:]
	}
	for _, row := range rows {
		row = row[:len(out)]
		for i := range out {
			out[i] &= row[i]
		}
	}
}

// addPairs adds the first leaf of each tree, two trees a word, in the order of
// the trees and in the precision of the leaves.
func addPairs[F float32 | float64](sums []float64, left []uint64, leaves []F, outputs []uint16) {
	trees := len(outputs)
	if len(sums) == 1 {
		sum := F(sums[0])
		for i, set := range left[:trees/2] {
			pair := leaves[64*i : 64*i+64]
			sum += pair[bits.TrailingZeros32(uint32(set))&31]
			sum += pair[32+bits.TrailingZeros32(uint32(set>>32))&31]
		}
		if trees%2 == 1 {
			sum += leaves[32*(trees-1)+bits.TrailingZeros32(uint32(left[trees/2]))]
		}
		sums[0] = float64(sum)
		return
	}
	for i, output := range outputs {
		set := uint32(left[i/2] >> (i % 2 * 32))
		sums[output] = float64(F(sums[output]) + leaves[32*i+bits.TrailingZeros32(set)])
	}
}

// addSets does the same for one tree a word.
func addSets[F float32 | float64](sums []float64, left []uint64, leaves []F, outputs []uint16) {
	if len(sums) == 1 {
		sum := F(sums[0])
		for i, set := range left {
			sum += leaves[64*i : 64*i+64][bits.TrailingZeros64(set)&63]
		}
		sums[0] = float64(sum)
		return
	}
	for i, output := range outputs {
		sums[output] = float64(F(sums[output]) + leaves[64*i+bits.TrailingZeros64(left[i])])
	}
}
