package publish

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/linkedin/goavro/v2"

	"hindsight/schemas"
)

// Schema is an Avro record schema that rows are converted to.
type Schema struct {
	text  string
	codec *goavro.Codec
	root  *node
}

// ParseSchema admits the text of an .avsc file; its outermost type must be a record.
func ParseSchema(text []byte) (*Schema, error) {
	codec, err := schemas.NewCodec(string(text))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	b := &builder{named: map[string]*node{}}
	root, err := b.build(json.RawMessage(text), "")
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	if root.kind != kindRecord {
		return nil, fmt.Errorf("schema: the outermost type is %s, want a record", root)
	}
	return &Schema{text: string(text), codec: codec, root: root}, nil
}

// Text returns the schema as it was given.
func (s *Schema) Text() string { return s.text }

// Name returns the full name of the record.
func (s *Schema) Name() string { return s.root.name }

// Path is a field of a schema, found by its dotted name.
type Path struct {
	name  string
	steps []string
	leaf  *node
}

// String returns the dotted name.
func (p Path) String() string { return p.name }

// Path finds a field by its dotted name, which walks into records.
func (s *Schema) Path(name string) (Path, error) {
	p := Path{name: name}
	at := s.root
	for step := range strings.SplitSeq(name, ".") {
		record := at.only()
		if record == nil || record.kind != kindRecord {
			return Path{}, fmt.Errorf("field %s: %s holds %s, which has no fields", name, strings.Join(p.steps, "."), at)
		}
		f := record.field(step)
		if f == nil {
			return Path{}, fmt.Errorf("field %s: record %s has no field %s", name, record.name, step)
		}
		p.steps = append(p.steps, f.name)
		at = f.typ
	}
	p.leaf = at
	return p, nil
}

var errNull = errors.New("is missing")

// lookup returns the value at p and its type, past any union.
func (p Path) lookup(row map[string]any, root *node) (any, *node, error) {
	var v any = row
	at := root
	for _, step := range p.steps {
		record, ok := v.(map[string]any)
		if !ok {
			return nil, nil, errNull
		}
		f := at.field(step)
		inner, ok := record[f.name]
		if !ok {
			return nil, nil, errNull
		}
		v, at = unwrap(inner, f.typ)
		if v == nil {
			return nil, nil, errNull
		}
	}
	return v, at, nil
}

// unwrap takes a value that this package made out of its union.
func unwrap(v any, n *node) (any, *node) {
	if n.kind != kindUnion {
		return v, n
	}
	wrapped, ok := v.(map[string]any)
	if !ok {
		return nil, n
	}
	for _, b := range n.branches {
		if inner, ok := wrapped[b.name]; ok {
			return inner, b
		}
	}
	return nil, n
}

// wrap puts a value of branch b into union n.
func wrap(v any, n, b *node) any {
	if n.kind != kindUnion || b.kind == kindNull {
		return v
	}
	return map[string]any{b.name: v}
}
