package tree

// Compiled is a forest with the tables of its fastest evaluator. It is
// immutable and may be shared by goroutines.
type Compiled struct {
	forest *Forest
	quick  *quick  // nil where the forest is not of its kind
	packed *packed // nil where there is quick, or the forest is not of its kind either
}

// Compile makes the tables. The forest has to be valid.
func (f *Forest) Compile() *Compiled {
	c := &Compiled{forest: f}
	if axes, ok := f.axes(); ok {
		if c.quick = newQuick(f, axes); c.quick == nil {
			c.packed = newPacked(f, axes)
		}
	}
	return c
}

// Kernel names the evaluator that NewSummer returns.
func (c *Compiled) Kernel() string {
	switch {
	case c.quick != nil:
		return "quickscorer"
	case c.packed != nil:
		return "packed"
	}
	return "reference"
}

// NewSummer returns the fastest evaluator that there is for the forest.
func (c *Compiled) NewSummer() Summer {
	switch {
	case c.quick != nil:
		return c.quick.newSummer()
	case c.packed != nil:
		return c.packed.newSummer()
	}
	return c.forest.Reference()
}
