package tree

// Compiled is a forest with the tables of its fastest evaluator. It is
// immutable and may be shared by goroutines.
type Compiled struct {
	forest *Forest
	quick  *quick // nil where the forest is not of its kind
}

// Compile makes the tables. The forest has to be valid.
func (f *Forest) Compile() *Compiled {
	c := &Compiled{forest: f}
	if axes, ok := f.axes(); ok {
		c.quick = newQuick(f, axes)
	}
	return c
}

// Kernel names the evaluator that NewSummer returns.
func (c *Compiled) Kernel() string {
	if c.quick != nil {
		return "quickscorer"
	}
	return "reference"
}

// NewSummer returns the fastest evaluator that there is for the forest.
func (c *Compiled) NewSummer() Summer {
	if c.quick != nil {
		return c.quick.newSummer()
	}
	return c.forest.Reference()
}
