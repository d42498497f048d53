package tree

// packed walks eight trees side by side without a jump that depends on the
// row, for forests that are too large for tables. A row becomes a column of
// ranks per feature and kind of missing value: 0 where that always goes left,
// 65535 where right, so that every test is rank <= key. A categorical node has
// a column of its own, 0 or 65535. Children are neighbours; a leaf is its own
// left child on column 0, which is always 0, and so stays where it is.
type packed struct {
	forest  *Forest
	axes    []packedAxis
	nodes   []packedNode
	values  []float64 // per node what a leaf adds
	roots   []uint32
	outputs []uint16
}

type packedNode struct {
	column, key uint16
	left        uint32
}

// packedAxis is an axis with the columns that it fills.
type packedAxis struct {
	axis
	numeric []packedColumn
	first   int      // of the columns of categorical nodes
	nodes   int      // how many those are
	rows    []uint16 // per bin their values
}

// packedColumn is the ranks of a feature for nodes that treat NaN and 0 alike.
type packedColumn struct {
	at      int
	nanLeft bool
	zero    Side
}

const (
	packedLeft, packedRight = 0, 1<<16 - 1
	maxPackedColumns        = 1 << 16
	maxPackedBytes          = 32 << 20 // of the values of categorical columns
)

// newPacked returns nil where the forest is not of the kind: linear leaves,
// too many columns or thresholds for 16 bits.
func newPacked(f *Forest, axes []axis) *packed {
	p := &packed{forest: f}
	at := make(map[int]*packedAxis, len(axes))
	p.axes = make([]packedAxis, len(axes))
	for i := range axes {
		if len(axes[i].thresholds) > packedRight-2 {
			return nil
		}
		p.axes[i].axis = axes[i]
		at[axes[i].feature] = &p.axes[i]
	}
	columns := p.countColumns(at)
	if columns > maxPackedColumns || !p.fillCategories(at) {
		return nil
	}
	for i := range f.Trees {
		t := &f.Trees[i]
		if t.Linear != nil {
			return nil
		}
		p.outputs = append(p.outputs, uint16(t.Output))
		p.pack(t, at)
	}
	return p
}

// countColumns gives every kind of numeric node a column, and the categorical
// nodes of an axis a run of them.
func (p *packed) countColumns(at map[int]*packedAxis) int {
	next := 1
	for i := range p.forest.Trees {
		for j := range p.forest.Trees[i].Nodes {
			n := &p.forest.Trees[i].Nodes[j]
			a := at[n.Feature]
			if n.Categories != nil {
				a.nodes++
			} else if a.column(n) == 0 {
				a.numeric = append(a.numeric, packedColumn{next, n.NaNLeft, n.Zero})
				next++
			}
		}
	}
	for i := range p.axes {
		p.axes[i].first = next
		next += p.axes[i].nodes
	}
	return next
}

// column is where the ranks for n stand, 0 if nowhere yet.
func (a *packedAxis) column(n *Node) int {
	for _, c := range a.numeric {
		if c.nanLeft == n.NaNLeft && c.zero == n.Zero {
			return c.at
		}
	}
	return 0
}

// fillCategories writes for each bin which categorical nodes send it left; false where that is too much.
func (p *packed) fillCategories(at map[int]*packedAxis) bool {
	size := 0
	for i := range p.axes {
		a := &p.axes[i]
		if a.nodes == 0 {
			continue
		}
		if a.bins() > (maxPackedBytes/2-size)/a.nodes {
			return false
		}
		size += a.bins() * a.nodes
		a.rows = make([]uint16, a.bins()*a.nodes)
	}
	seen := make(map[int]int, len(p.axes))
	for i := range p.forest.Trees {
		for j := range p.forest.Trees[i].Nodes {
			n := &p.forest.Trees[i].Nodes[j]
			if n.Categories == nil {
				continue
			}
			a, k := at[n.Feature], seen[n.Feature]
			seen[n.Feature]++
			for bin := range a.bins() {
				if !a.left(n, bin) {
					a.rows[bin*a.nodes+k] = packedRight
				}
			}
		}
	}
	for i := range p.axes {
		p.axes[i].nodes = 0 // counted again as the nodes are packed, in the same order
	}
	return true
}

// pack appends the nodes of t, parents first, children side by side.
func (p *packed) pack(t *Tree, at map[int]*packedAxis) {
	first := len(p.nodes)
	p.roots = append(p.roots, uint32(first))
	p.nodes, p.values = append(p.nodes, packedNode{}), append(p.values, 0)
	if len(t.Nodes) == 0 {
		p.leaf(first, t.Leaves[0])
		return
	}
	place := make([]int, len(t.Nodes)) // of each node
	place[0] = first
	for _, i := range breadthFirst(t) {
		n := &t.Nodes[i]
		left := len(p.nodes)
		p.nodes, p.values = append(p.nodes, packedNode{}, packedNode{}), append(p.values, 0, 0)
		for side, child := range [...]int{n.Left, n.Right} {
			if child < 0 {
				p.leaf(left+side, t.Leaves[^child])
			} else {
				place[child] = left + side
			}
		}
		p.nodes[place[i]] = packedNode{left: uint32(left)}
	}
	for i := range t.Nodes { // in the order in which the categorical ones were counted
		n, a := &t.Nodes[i], at[t.Nodes[i].Feature]
		to := &p.nodes[place[i]]
		if n.Categories != nil {
			to.column = uint16(a.first + a.nodes)
			a.nodes++
		} else {
			to.column, to.key = uint16(a.column(n)), uint16(a.key(n))
		}
	}
}

func (p *packed) leaf(at int, v float64) {
	p.nodes[at], p.values[at] = packedNode{left: uint32(at)}, v
}

func breadthFirst(t *Tree) []int {
	order := make([]int, 1, len(t.Nodes))
	for i := 0; i < len(order); i++ {
		n := &t.Nodes[order[i]]
		if n.Left >= 0 {
			order = append(order, n.Left)
		}
		if n.Right >= 0 {
			order = append(order, n.Right)
		}
	}
	return order
}

// packedSummer is the memory of one goroutine.
type packedSummer struct {
	*packed
	columns *[maxPackedColumns]uint16
}

func (p *packed) newSummer() *packedSummer {
	return &packedSummer{packed: p, columns: new([maxPackedColumns]uint16)}
}

// Sum implements Summer.
func (s *packedSummer) Sum(sums, x []float64) {
	for i := range s.axes {
		s.setColumns(&s.axes[i], s.forest.canonical(x[s.axes[i].feature]))
	}
	copy(sums, s.forest.Base)
	roots := s.roots
	for t := 0; t < len(roots); t += 8 {
		if len(roots)-t < 8 {
			for i, root := range roots[t:] {
				s.add(sums, t+i, s.walk(root))
			}
			return
		}
		for i, leaf := range s.walk8((*[8]uint32)(roots[t:])) {
			s.add(sums, t+i, leaf)
		}
	}
}

func (s *packedSummer) setColumns(a *packedAxis, x float64) {
	bin := a.bin(s.forest, x)
	if a.categories > 0 {
		copy(s.columns[a.first:], a.rows[bin*a.nodes:(bin+1)*a.nodes])
		return
	}
	for _, c := range a.numeric {
		v := uint16(bin)
		if bin >= a.nan() { // NaN, or 0 where that goes its own way
			side := c.zero
			switch {
			case bin == a.nan() && c.nanLeft:
				side = AlwaysLeft
			case bin == a.nan():
				side = AlwaysRight
			}
			switch side {
			case AlwaysLeft:
				v = packedLeft
			case AlwaysRight:
				v = packedRight
			default:
				v = uint16(rank(a.thresholds, x))
			}
		}
		s.columns[c.at] = v
	}
}

func (s *packedSummer) add(sums []float64, t int, leaf uint32) {
	sum := &sums[s.outputs[t]]
	if s.forest.Single {
		*sum = float64(float32(*sum) + float32(s.values[leaf]))
	} else {
		*sum += s.values[leaf]
	}
}

func (s *packedSummer) walk(at uint32) uint32 {
	for {
		next := step(s.nodes, s.columns, at)
		if next == at {
			return at
		}
		at = next
	}
}

// step returns the child: the right one where the rank is above the key, by
// the borrow of a subtraction and not by a jump.
func step(nodes []packedNode, columns *[maxPackedColumns]uint16, at uint32) uint32 {
	n := nodes[at]
	return n.left + (uint32(n.key)-uint32(columns[n.column]))>>31
}

// walk8 walks eight trees at a time: each waits for its own loads only.
func (s *packedSummer) walk8(roots *[8]uint32) [8]uint32 {
	n, x := s.nodes, s.columns
	a, b, c, d := roots[0], roots[1], roots[2], roots[3]
	e, f, g, h := roots[4], roots[5], roots[6], roots[7]
	for {
		a2, b2, c2, d2 := step(n, x, a), step(n, x, b), step(n, x, c), step(n, x, d)
		e2, f2, g2, h2 := step(n, x, e), step(n, x, f), step(n, x, g), step(n, x, h)
		moved := (a2 ^ a) | (b2 ^ b) | (c2 ^ c) | (d2 ^ d) | (e2 ^ e) | (f2 ^ f) | (g2 ^ g) | (h2 ^ h)
		a, b, c, d, e, f, g, h = a2, b2, c2, d2, e2, f2, g2, h2
		if moved == 0 {
			return [8]uint32{a, b, c, d, e, f, g, h}
		}
	}
}
