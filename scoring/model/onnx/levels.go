package onnx

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

const attributeStrings protowire.Number = 9

// levelsOf returns the texts that the model tells apart in an input, in the
// order of its encoders. All others are one to it: that holds where texts
// only ever move to an encoder, and anything else is refused.
func (g *graph) levelsOf(name string) ([]string, error) {
	var levels []string
	known, seen, done := map[string]bool{}, map[string]bool{name: true}, map[*node]bool{}
	for moved := []string{name}; len(moved) > 0; moved = moved[1:] {
		for _, n := range g.readers[moved[0]] {
			if done[n] {
				continue
			}
			done[n] = true
			texts, err := n.encodes()
			if err != nil {
				return nil, err
			}
			for _, text := range texts {
				if strings.ContainsRune(text, 0) { // C would end it there
					return nil, fmt.Errorf("has the category %q, with a zero byte", text)
				}
				if !known[text] {
					known[text] = true
					levels = append(levels, text)
				}
			}
			if texts == nil && !seen[n.outputs[0]] {
				seen[n.outputs[0]] = true
				moved = append(moved, n.outputs[0])
			}
		}
	}
	for i := range g.nodes {
		if n := &g.nodes[i]; n.nested {
			return nil, fmt.Errorf("is text beside %s, whose inner graph could read it too", n.op)
		}
	}
	if len(levels) == 0 {
		return nil, fmt.Errorf("is text that no OneHotEncoder and no LabelEncoder reads")
	}
	if known[""] {
		return nil, fmt.Errorf("has the empty text among its categories, which is a missing value here; give it a name before training")
	}
	return levels, nil
}

// encodes returns the texts that n tells apart, nil where it moves them only.
func (n *node) encodes() ([]string, error) {
	key := ""
	switch {
	case n.is("OneHotEncoder"):
		key = "cats_strings"
	case n.is("LabelEncoder"):
		key = "keys_strings"
	case n.domain == "" && slices.Contains([]string{"Concat", "Flatten", "Gather", "Identity", "Reshape", "Squeeze", "Unsqueeze"}, n.op),
		n.is("ArrayFeatureExtractor"):
		if len(n.outputs) == 1 {
			return nil, nil
		}
	}
	var list []string
	var err error
	if key != "" {
		list, err = texts(n.attribute(key), attributeStrings)
	}
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("is text that goes into %s; supported are OneHotEncoder and LabelEncoder with a list of texts", n.op)
	}
	return list, err
}
