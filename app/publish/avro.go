package publish

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// kind is one of Avro's types.
type kind uint8

const (
	kindNull kind = iota
	kindBoolean
	kindInt
	kindLong
	kindFloat
	kindDouble
	kindString
	kindBytes
	kindFixed
	kindEnum
	kindArray
	kindMap
	kindRecord
	kindUnion
)

// primitiveKind returns the kind of a primitive type's name.
func primitiveKind(name string) (kind, bool) {
	i := slices.Index([]string{"null", "boolean", "int", "long", "float", "double", "string", "bytes"}, name)
	return kind(max(i, 0)), i >= 0
}

// The logical types that are more than the type beneath them.
const (
	millis     = "timestamp-millis"
	micros     = "timestamp-micros"
	date       = "date"
	timeMillis = "time-millis"
	timeMicros = "time-micros"
	decimal    = "decimal"
)

// node is one type of a schema.
type node struct {
	kind     kind
	name     string // as goavro names it as a branch of a union
	logical  string
	size     int // of a fixed
	scale    int // of a decimal
	symbols  []string
	fields   []field
	items    *node // of an array or a map
	branches []*node
}

type field struct {
	name       string
	aliases    []string
	typ        *node
	hasDefault bool
}

// nullable reports whether null is a value of n.
func (n *node) nullable() bool {
	return n.kind == kindNull || slices.ContainsFunc(n.branches, func(b *node) bool { return b.kind == kindNull })
}

// only returns the branch of a union of null and one other type, and n itself
// for what is not a union; nil for a union of more.
func (n *node) only() *node {
	if n.kind != kindUnion {
		return n
	}
	var found *node
	for _, b := range n.branches {
		switch {
		case b.kind == kindNull:
		case found != nil:
			return nil
		default:
			found = b
		}
	}
	return found
}

// field returns the field of a record by name, else by alias.
func (n *node) field(name string) *field {
	for i := range n.fields {
		if n.fields[i].name == name {
			return &n.fields[i]
		}
	}
	for i := range n.fields {
		if slices.Contains(n.fields[i].aliases, name) {
			return &n.fields[i]
		}
	}
	return nil
}

// String names the type for a message.
func (n *node) String() string {
	if n.kind == kindUnion {
		names := make([]string, len(n.branches))
		for i, b := range n.branches {
			names[i] = b.String()
		}
		return strings.Join(names, " or ")
	}
	if n.logical != "" {
		return n.logical
	}
	return n.name
}

// builder reads the tree of a schema that goavro has admitted.
type builder struct{ named map[string]*node }

func (b *builder) build(raw json.RawMessage, namespace string) (*node, error) {
	var name string
	if json.Unmarshal(raw, &name) == nil {
		return b.reference(name, namespace)
	}
	var branches []json.RawMessage
	if json.Unmarshal(raw, &branches) == nil {
		n := &node{kind: kindUnion, name: "union"}
		for _, branch := range branches {
			child, err := b.build(branch, namespace)
			if err != nil {
				return nil, err
			}
			n.branches = append(n.branches, child)
		}
		return n, nil
	}
	var d definition
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, err
	}
	return b.define(d, namespace)
}

// reference returns a primitive or a type that has a name already.
func (b *builder) reference(name, namespace string) (*node, error) {
	if k, ok := primitiveKind(name); ok {
		return &node{kind: k, name: name}, nil
	}
	for _, full := range []string{qualify(name, namespace), name} {
		if n := b.named[full]; n != nil {
			return n, nil
		}
	}
	return nil, fmt.Errorf("type %s is not defined", name)
}

// definition is a type written as a JSON object.
type definition struct {
	Type      json.RawMessage `json:"type"`
	Name      string          `json:"name"`
	Namespace string          `json:"namespace"`
	Logical   string          `json:"logicalType"`
	Size      int             `json:"size"`
	Scale     int             `json:"scale"`
	Symbols   []string        `json:"symbols"`
	Items     json.RawMessage `json:"items"`
	Values    json.RawMessage `json:"values"`
	Fields    []struct {
		Name    string          `json:"name"`
		Aliases []string        `json:"aliases"`
		Default json.RawMessage `json:"default"`
		definitionOfField
	} `json:"fields"`
}

// definitionOfField is a field's type; goavro also honours a logical type that
// stands on the field, where Avro would ignore it.
type definitionOfField struct {
	Type    json.RawMessage `json:"type"`
	Logical string          `json:"logicalType"`
	Scale   int             `json:"scale"`
}

func (b *builder) define(d definition, namespace string) (*node, error) {
	var name string
	if json.Unmarshal(d.Type, &name) != nil {
		return b.build(d.Type, namespace)
	}
	if d.Namespace != "" {
		namespace = d.Namespace
	}
	full := qualify(d.Name, namespace)
	if i := strings.LastIndexByte(full, '.'); i >= 0 {
		namespace = full[:i]
	}
	n := &node{name: full}
	var err error
	switch name {
	case "record", "error":
		n.kind = kindRecord
		b.named[full] = n
		return n, b.fields(n, d, namespace)
	case "enum":
		n.kind, n.symbols = kindEnum, d.Symbols
		b.named[full] = n
	case "fixed":
		n.kind, n.size = kindFixed, d.Size
		n.setLogical(d.Logical, d.Scale)
		b.named[full] = n
	case "array":
		n.kind, n.name = kindArray, "array"
		n.items, err = b.build(d.Items, namespace)
	case "map":
		n.kind, n.name = kindMap, "map"
		n.items, err = b.build(d.Values, namespace)
	default:
		if n, err = b.reference(name, namespace); err == nil && n.kind <= kindBytes {
			n.setLogical(d.Logical, d.Scale)
		}
	}
	return n, err
}

func (b *builder) fields(n *node, d definition, namespace string) error {
	for _, f := range d.Fields {
		typ, err := b.build(f.Type, namespace)
		if err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
		if typ.kind <= kindBytes && typ.logical == "" {
			typ.setLogical(f.Logical, f.Scale)
		}
		n.fields = append(n.fields, field{name: f.Name, aliases: f.Aliases, typ: typ, hasDefault: f.Default != nil})
	}
	return nil
}

// setLogical marks n where goavro knows the logical type on this type.
func (n *node) setLogical(logical string, scale int) {
	known := false
	switch n.kind {
	case kindInt:
		known = logical == date || logical == timeMillis
	case kindLong:
		known = logical == millis || logical == micros || logical == timeMicros
	case kindBytes:
		known = logical == decimal
	case kindFixed: // keeps its own name
		if logical == decimal {
			n.logical, n.scale = logical, scale
		}
	}
	if known {
		n.name, n.logical, n.scale = n.name+"."+logical, logical, scale
	}
}

func qualify(name, namespace string) string {
	if namespace == "" || strings.Contains(name, ".") {
		return name
	}
	return namespace + "." + name
}
