package onnx

import (
	"fmt"
	"maps"
	"slices"
)

// reader walks all graphs of a file, those inside nodes and functions too.
type reader struct {
	nodes, names int
	domains      map[string]string // an operator of each domain that is used
	functions    map[string]bool   // domains of the functions that the file defines
}

// readGraph reads a GraphProto into g; nil only admits it.
func (r *reader) readGraph(message []byte, g *graph, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("graphs are nested deeper than %d", maxDepth)
	}
	err := eachField(message, func(f field) error {
		switch {
		case f.holds(graphNode):
			n, err := r.readNode(f.bytes, depth)
			if g != nil {
				g.nodes = append(g.nodes, n)
			}
			return err
		case f.holds(5), f.holds(15):
			name, err := readTensor(f.bytes, f.holds(15))
			if g != nil {
				g.given[name] = true
			}
			return r.count(&r.names, maxNames, err)
		case f.holds(11) && g != nil:
			return r.appendValue(&g.inputs, f.bytes)
		case f.holds(graphOutput) && g != nil:
			return r.appendValue(&g.outputs, f.bytes)
		}
		return nil
	})
	if g != nil {
		g.inputs = slices.DeleteFunc(g.inputs, func(v value) bool { return g.given[v.name] })
	}
	return err
}

func (r *reader) appendValue(values *[]value, message []byte) error {
	v, err := readValue(message)
	*values = append(*values, v)
	return r.count(&r.names, maxNames, err)
}

// count bounds what is kept in memory.
func (r *reader) count(n *int, most int, err error) error {
	if *n++; *n > most && err == nil {
		return fmt.Errorf("has more than %d nodes or %d tensors", maxNodes, maxNames)
	}
	return err
}

// readNode reads a NodeProto.
func (r *reader) readNode(message []byte, depth int) (node, error) {
	var n node
	name := func(list *[]string, text []byte) error {
		*list = append(*list, string(text))
		return r.count(&r.names, maxNames, nil)
	}
	err := eachField(message, func(f field) error {
		switch {
		case f.holds(1):
			return name(&n.inputs, f.bytes)
		case f.holds(2):
			return name(&n.outputs, f.bytes)
		case f.holds(4):
			n.op = string(f.bytes)
		case f.holds(7):
			if n.domain = string(f.bytes); n.domain == "ai.onnx" { // another word for none
				n.domain = ""
			}
		case f.holds(5):
			a, nested, err := r.readAttribute(f.bytes, depth)
			n.nested = n.nested || nested
			n.attributes = append(n.attributes, a)
			return r.count(&r.names, maxNames, err)
		}
		return nil
	})
	r.domains[n.domain] = n.op
	if err != nil && n.op != "" {
		err = fmt.Errorf("%s: %w", n.op, err)
	}
	return n, r.count(&r.nodes, maxNodes, err)
}

// readAttribute reads an AttributeProto and admits the tensors and graphs in it.
func (r *reader) readAttribute(message []byte, depth int) (a attribute, nested bool, err error) {
	a.data = message
	err = eachField(message, func(f field) error {
		switch {
		case f.holds(1):
			a.name = string(f.bytes)
		case f.holds(5), f.holds(10), f.holds(22), f.holds(23):
			_, err := readTensor(f.bytes, f.number >= 22)
			return err
		case f.holds(6), f.holds(11):
			nested = true
			return r.readGraph(f.bytes, nil, depth+1)
		}
		return nil
	})
	return a, nested, err
}

// readFunction admits a FunctionProto.
func (r *reader) readFunction(message []byte) error {
	domain := ""
	err := eachField(message, func(f field) error {
		switch {
		case f.holds(7):
			_, err := r.readNode(f.bytes, 0)
			return err
		case f.holds(10):
			domain = string(f.bytes)
		}
		return nil
	})
	r.functions[domain] = true
	return r.count(&r.names, maxNames, err)
}

// readTensor returns the name of a TensorProto, or of a SparseTensorProto's
// values, and refuses one whose data lie in another file.
func readTensor(message []byte, sparse bool) (string, error) {
	name := ""
	err := eachField(message, func(f field) (err error) {
		switch {
		case sparse && f.holds(1):
			name, err = readTensor(f.bytes, false)
		case sparse && f.holds(2):
			_, err = readTensor(f.bytes, false)
		case sparse:
		case f.holds(8):
			name = string(f.bytes)
		case f.holds(13), f.counts(14) && f.varint != 0:
			err = fmt.Errorf("a tensor has its data in another file, which is never read; save the model in one file " +
				"(onnx.save_model and mlflow.onnx: save_as_external_data=False, torch.onnx.export: external_data=False)")
		}
		return err
	})
	return name, err
}

// checkDomains refuses operators that are not onnxruntime's own.
func (r *reader) checkDomains() error {
	known := []string{"", "ai.onnx", mlDomain, "com.microsoft"}
	for _, domain := range known {
		if r.functions[domain] {
			return fmt.Errorf("defines operators of the domain %q anew", domain)
		}
	}
	for _, domain := range slices.Sorted(maps.Keys(r.domains)) {
		if !slices.Contains(known, domain) && !r.functions[domain] {
			return fmt.Errorf("the operator %s is of the domain %q, which is none of onnxruntime's; custom operators are code and are never loaded",
				r.domains[domain], domain)
		}
	}
	return nil
}
