package onnx

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Limits of a file.
const (
	MaxBytes = 512 << 20
	maxNodes = 1 << 17
	maxNames = 1 << 20 // of tensors, all nodes together
	maxDepth = 16      // of graphs inside nodes
	maxRank  = 16
	maxWidth = 1 << 20
)

// graph is what a file says of itself. Tensors are not decoded.
type graph struct {
	producer string
	opsets   []string
	nodes    []node
	inputs   []value
	outputs  []value
	given    map[string]bool // initialisers, which older files count among the inputs

	makers  map[string]*node   // by the tensor that they make
	readers map[string][]*node // by a tensor that they read
}

type node struct {
	op, domain string
	inputs     []string
	outputs    []string
	attributes []attribute
	nested     bool // it has graphs of its own
}

// attribute is an AttributeProto, of which the value is read when it is asked for.
type attribute struct {
	name string
	data []byte
}

// attribute returns the message of an attribute, nil where it is not there.
func (n *node) attribute(name string) []byte {
	for _, a := range n.attributes {
		if a.name == name {
			return a.data
		}
	}
	return nil
}

// is reports whether n is the operator op of the domain of classical models.
func (n *node) is(op string) bool { return n.op == op && n.domain == mlDomain }

// index finds the nodes around each tensor.
func (g *graph) index() {
	g.makers, g.readers = map[string]*node{}, map[string][]*node{}
	for i := range g.nodes {
		n := &g.nodes[i]
		for _, name := range n.outputs {
			g.makers[name] = n
		}
		for _, name := range n.inputs {
			g.readers[name] = append(g.readers[name], n)
		}
	}
}

// readModel reads a ModelProto and refuses what must not reach onnxruntime.
func readModel(data []byte) (*graph, error) {
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%d bytes are more than the %d allowed", len(data), MaxBytes)
	}
	g := &graph{given: map[string]bool{}}
	r := &reader{domains: map[string]string{}, functions: map[string]bool{}}
	graphs := 0
	name, version := "", ""
	err := eachField(data, func(f field) error {
		switch {
		case f.holds(2):
			name = string(f.bytes)
		case f.holds(3):
			version = string(f.bytes)
		case f.holds(7):
			graphs++
			return r.readGraph(f.bytes, g, 0)
		case f.holds(8):
			return g.readOpset(f.bytes)
		case f.holds(25):
			return r.readFunction(f.bytes)
		}
		return nil
	})
	if err == nil && graphs != 1 {
		err = fmt.Errorf("%w: it has %d graphs, wants one", errNotProtobuf, graphs)
	}
	if err == nil {
		err = r.checkDomains()
	}
	if err != nil {
		return nil, err
	}
	if strings.Contains(version, "\n") { // CatBoost writes its build log there
		version = ""
	}
	g.producer = strings.TrimSpace(name + " " + version)
	g.index()
	return g, nil
}

// readOpset reads an OperatorSetIdProto.
func (g *graph) readOpset(message []byte) error {
	domain, version := "ai.onnx", uint64(0)
	err := eachField(message, func(f field) error {
		switch {
		case f.holds(1) && len(f.bytes) > 0:
			domain = string(f.bytes)
		case f.counts(2):
			version = f.varint
		}
		return nil
	})
	if text := fmt.Sprintf("%s %d", domain, version); len(g.opsets) < maxRank && !slices.Contains(g.opsets, text) {
		g.opsets = append(g.opsets, text)
	}
	return err
}

// describe words what the file says of itself.
func (g *graph) describe() string {
	list := func(values []value) string {
		texts := make([]string, 0, len(values))
		for i, v := range values {
			if i == 8 {
				texts = append(texts, fmt.Sprintf("and %d more", len(values)-i))
				break
			}
			texts = append(texts, v.name+" "+v.String())
		}
		return strings.Join(texts, ", ")
	}
	return fmt.Sprintf("%s; %s; %d nodes; %s → %s", g.producer, strings.Join(g.opsets, ", "), len(g.nodes), list(g.inputs), list(g.outputs))
}

const (
	mlDomain = "ai.onnx.ml"

	graphNode   protowire.Number = 1
	graphOutput protowire.Number = 12
)
