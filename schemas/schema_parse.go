package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// The limits of a schema that came from somebody else. They keep every later
// step (goavro, compiling, walking one datum) short and bounded.
const (
	maxSchemaBytes = 256 << 10
	maxDepth       = 32
	maxFields      = 4096 // fields, branches, items; a named type counts wherever it is used
	maxFixed       = 64 << 10
	maxSymbols     = 4096
	maxScale       = 1000
)

// Admit reports whether schemaJSON is an Avro schema that is safe to work with.
// It refuses more than 256 KiB of text, types nested deeper than 32, more than
// 4096 fields (a named type counts wherever it is used), recursive types, arrays
// and maps of items that take no bytes, a fixed above 64 KiB and an enum of more
// than 4096 symbols. goavro checks none of these, and some of them end the
// process there. The error wraps ErrSchema.
func Admit(schemaJSON string) error {
	_, err := parseSchema(schemaJSON)
	return err
}

// parseSchema returns the tree of an admissible schema; the error wraps ErrSchema.
func parseSchema(schemaJSON string) (*schema, error) {
	if len(schemaJSON) > maxSchemaBytes {
		return nil, fmt.Errorf("%w: %d bytes of text, at most %d are admitted", ErrSchema, len(schemaJSON), maxSchemaBytes)
	}
	var v any
	if err := json.Unmarshal([]byte(schemaJSON), &v); err != nil {
		return nil, fmt.Errorf("%w: not JSON: %w", ErrSchema, err)
	}
	p := parser{named: map[string]*schema{}, open: map[string]bool{}}
	s, err := p.parse(v, "", 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSchema, err)
	}
	return s, nil
}

type parser struct {
	named map[string]*schema // complete types by full name
	open  map[string]bool    // records whose fields are being read
}

// parse reads one type; namespace is that of the enclosing record.
func (p *parser) parse(v any, namespace string, depth int) (*schema, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("types are nested deeper than %d", maxDepth)
	}
	var s *schema
	var err error
	switch v := v.(type) {
	case string:
		s, err = p.parseName(v, namespace)
	case []any:
		s, err = p.parseUnion(v, namespace, depth)
	case map[string]any:
		s, err = p.parseObject(v, namespace, depth)
	default:
		err = fmt.Errorf("a type must be a JSON string, array or object, not %T", v)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case s.depth > maxDepth:
		return nil, fmt.Errorf("types are nested deeper than %d", maxDepth)
	case s.weight > maxFields:
		return nil, fmt.Errorf("more than %d fields, named types counted wherever they are used", maxFields)
	}
	return s, nil
}

// parseName resolves a primitive or a type that was defined before.
func (p *parser) parseName(name, namespace string) (*schema, error) {
	for t := typeNull; t.primitive(); t++ {
		if name == t.String() {
			s := &schema{kind: t}
			s.measure()
			return s, nil
		}
	}
	full := qualify(name, namespace)
	if p.open[full] || p.open[name] {
		return nil, fmt.Errorf("type %s contains itself, recursive types are not admitted", cut(full))
	}
	s, other := p.named[full], p.named[name]
	if s != nil && other != nil && s != other {
		return nil, fmt.Errorf("type name %s could be %s or %s, give the full name", cut(name), cut(full), cut(name))
	}
	if s == nil {
		s = other
	}
	if s == nil {
		return nil, fmt.Errorf("unknown type %q", cut(name))
	}
	return s, nil
}

func (p *parser) parseUnion(branches []any, namespace string, depth int) (*schema, error) {
	if len(branches) == 0 {
		return nil, errors.New("a union without branches")
	}
	if len(branches) > maxFields {
		return nil, fmt.Errorf("a union of more than %d branches", maxFields)
	}
	s := &schema{kind: typeUnion}
	seen := map[string]bool{}
	for i, v := range branches {
		b, err := p.parse(v, namespace, depth+1)
		if err != nil {
			return nil, fmt.Errorf("union branch %d: %w", i, err)
		}
		key := b.kind.String() + " " + b.name
		if b.kind == typeUnion || seen[key] {
			return nil, fmt.Errorf("union branch %d: a second %s, or a union in a union", i, b.describe())
		}
		seen[key] = true
		s.union = append(s.union, b)
	}
	s.measure()
	return s, nil
}

func (p *parser) parseObject(m map[string]any, namespace string, depth int) (*schema, error) {
	name, ok := m["type"].(string)
	if !ok {
		if m["type"] == nil {
			return nil, errors.New(`an object without "type"`)
		}
		return p.parse(m["type"], namespace, depth+1)
	}
	switch name {
	case "array", "map":
		return p.parseItems(name, m, namespace, depth)
	case "record", "enum", "fixed":
		return p.parseNamed(name, m, namespace, depth)
	}
	s, err := p.parseName(name, namespace)
	if err != nil {
		return nil, err
	}
	if s.kind.primitive() {
		s.setLogical(m)
	}
	return s, nil
}

func (p *parser) parseItems(name string, m map[string]any, namespace string, depth int) (*schema, error) {
	s, key := &schema{kind: typeArray}, "items"
	if name == "map" {
		s.kind, key = typeMap, "values"
	}
	v, ok := m[key]
	if !ok {
		return nil, fmt.Errorf("%s without %q", s.kind, key)
	}
	var err error
	if s.items, err = p.parse(v, namespace, depth+1); err != nil {
		return nil, fmt.Errorf("%s: %w", s.kind, err)
	}
	if s.items.minSize == 0 {
		return nil, fmt.Errorf("%s of %s, whose items may take no bytes, is not admitted", s.kind, s.items.describe())
	}
	s.measure()
	return s, nil
}

// qualify returns the full name of name within namespace.
func qualify(name, namespace string) string {
	if namespace == "" || strings.Contains(name, ".") {
		return name
	}
	return namespace + "." + name
}

// cut shortens a name from outside for an error message.
func cut(name string) string {
	const most = 100
	if len(name) > most {
		return name[:most] + "…"
	}
	return name
}
