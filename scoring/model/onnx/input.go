package onnx

import (
	"fmt"
	"strconv"
)

// input is an input of the graph: one column, or several of one type.
type input struct {
	value
	at     int      // of its first column among the features
	levels []string // of a text, by the number that stands for it
}

// readInputs returns the inputs and the names of their columns. A lone matrix
// has f0, f1, …, as XGBoost calls what has no names.
func (g *graph) readInputs() (inputs []input, features []string, err error) {
	if len(g.inputs) == 0 {
		return nil, nil, fmt.Errorf("has no inputs")
	}
	for _, v := range g.inputs {
		in := input{value: v, at: len(features)}
		if err := g.readInput(&in); err != nil {
			return nil, nil, fmt.Errorf("input %q %w", v.name, err)
		}
		inputs = append(inputs, in)
		switch n := v.width(); {
		case n == 1:
			features = append(features, v.name)
		default:
			prefix := v.name + "_"
			if len(g.inputs) == 1 {
				prefix = "f"
			}
			for i := range n {
				features = append(features, prefix+strconv.Itoa(i))
			}
		}
		if len(features) > maxWidth {
			return nil, nil, fmt.Errorf("has more than the %d columns allowed", maxWidth)
		}
	}
	return inputs, features, nil
}

func (g *graph) readInput(in *input) (err error) {
	if in.kind != "tensor" {
		return fmt.Errorf("is a %s; it has to be a tensor", in.kind)
	}
	if err := in.checkRows(); err != nil {
		return err
	}
	switch in.element {
	case float32Element, float64Element, int32Element, int64Element, boolElement:
	case textElement:
		if in.width() != 1 {
			return fmt.Errorf("has %d columns of text; give each an input of its own", in.width())
		}
		in.levels, err = g.levelsOf(in.name)
	default:
		err = fmt.Errorf("is %v; supported are float, double, int32, int64, bool and string", in.value)
	}
	return err
}
