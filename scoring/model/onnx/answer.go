package onnx

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// answer is the output that is asked for.
type answer struct {
	value
	classes []string // as the file names them; nil where it does not
	zipped  string   // the ZipMap whose input it is, by its output; "" where there is none
}

// readAnswer finds the one output of probabilities or values. Labels are
// passed over: they follow from the probabilities and the threshold.
func (g *graph) readAnswer() (answer, error) {
	var found []answer
	for _, v := range g.outputs {
		a := answer{value: v}
		if v.kind == "sequence" {
			n := g.makers[v.name]
			if n == nil || !n.is("ZipMap") || len(n.inputs) != 1 {
				return a, fmt.Errorf("output %q is a sequence that no ZipMap makes; ask for tensors (skl2onnx: options={'zipmap': False})", v.name)
			}
			a = answer{value: value{name: n.inputs[0], kind: "tensor", element: float32Element, shaped: true}, zipped: v.name}
			var err error
			if a.classes, err = n.classes(); err != nil {
				return a, err
			}
			a.shape = []int64{0, int64(len(a.classes))} // a ZipMap has a key for each column
		}
		switch {
		case a.kind != "tensor":
			return a, fmt.Errorf("output %q is a %s; it has to be a tensor", v.name, v.kind)
		case a.element == float32Element || a.element == float64Element:
			found = append(found, a)
		case a.element != int64Element && a.element != int32Element && a.element != textElement:
			return a, fmt.Errorf("output %q is %v; supported are float and double", v.name, v)
		}
	}
	if len(found) != 1 {
		return answer{}, fmt.Errorf("has %s, wants exactly one output of probabilities or values", outputNames(found))
	}
	a := found[0]
	if a.shaped {
		if err := a.checkAnswer(); err != nil {
			return a, fmt.Errorf("output %q %w", a.name, err)
		}
	}
	if a.classes != nil {
		return a, nil
	}
	var err error
	if n := g.decider(a.name); n != nil {
		a.classes, err = n.classes()
	}
	return a, err
}

func outputNames(found []answer) string {
	if len(found) == 0 {
		return "no output of numbers"
	}
	names := make([]string, len(found))
	for i, a := range found {
		names[i] = a.name
	}
	return fmt.Sprintf("%d outputs of numbers (%s)", len(names), strings.Join(names, ", "))
}

// checkAnswer is checkRows for what may leave its width open.
func (a *answer) checkAnswer() error {
	if len(a.shape) == 2 && a.shape[1] == 0 {
		return nil
	}
	return a.checkRows()
}

// decider returns the node whose answer the tensor name is, moved at most; nil
// where it is not to be seen.
func (g *graph) decider(name string) *node {
	for range maxDepth {
		n := g.makers[name]
		if n == nil || len(n.inputs) == 0 || !slices.Contains([]string{"Identity", "Cast", "Normalizer", "Reshape", "Squeeze", "Flatten"}, n.op) {
			return n
		}
		name = n.inputs[0]
	}
	return nil
}

// guessClasses returns the classes of a, counted where the file does not name
// them, and none of what looks like a regression.
func (g *graph) guessClasses(a *answer) []string {
	if a.classes != nil {
		return a.classes
	}
	n := a.width()
	if d := g.decider(a.name); n == 1 && d != nil && d.op == "Sigmoid" {
		n = 2
	}
	if n < 2 {
		return nil
	}
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}

// classes returns the classes that n names, nil where it names none.
func (n *node) classes() ([]string, error) {
	for _, key := range []string{"classlabels_strings", "classlabels_int64s", "classlabels_ints"} {
		data := n.attribute(key)
		names, err := texts(data, attributeStrings)
		if err != nil || len(names) > 0 {
			return names, err
		}
		numbers, err := integers(data, 8)
		if err != nil {
			return nil, err
		}
		for _, v := range numbers {
			names = append(names, strconv.FormatInt(v, 10))
		}
		if len(names) > 0 {
			return names, nil
		}
	}
	return nil, nil
}
