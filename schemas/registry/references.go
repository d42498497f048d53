package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"

	"hindsight/schemas"
)

const (
	maxReferenceDepth = 16
	maxReferences     = 100
	maxSchemaBytes    = 256 << 10
)

// resolve returns the text of top with every type that it takes from another
// subject written in where it is first used.
func (c *Client) resolve(ctx context.Context, top sr.Schema) (string, error) {
	if top.Type != sr.TypeAvro {
		return "", fmt.Errorf("%w: it is of type %s, only AVRO is read", schemas.ErrSchema, top.Type)
	}
	if len(top.References) == 0 {
		return top.Schema, nil
	}
	r := resolver{client: c, state: map[version]bool{}, types: map[string]definition{}}
	if err := r.collect(ctx, top.References, 1); err != nil {
		return "", err
	}
	v, err := parse(top.Schema)
	if err != nil {
		return "", err
	}
	in := inliner{types: r.types, defined: map[string]bool{}}
	text, err := json.Marshal(in.typ(v, ""))
	if err != nil {
		return "", fmt.Errorf("%w: %w", schemas.ErrSchema, err)
	}
	if len(text) > maxSchemaBytes {
		return "", fmt.Errorf("%w: %d bytes with its references, at most %d are admitted", schemas.ErrSchema, len(text), maxSchemaBytes)
	}
	return string(text), nil
}

// version names a schema of a subject.
type version struct {
	subject string
	number  int
}

// resolver gathers the types that references define.
type resolver struct {
	client *Client
	state  map[version]bool // false: under way, true: done
	types  map[string]definition
}

// collect fetches references depth-first and notes the types they define.
func (r *resolver) collect(ctx context.Context, references []sr.SchemaReference, depth int) error {
	if len(references) > 0 && depth > maxReferenceDepth {
		return fmt.Errorf("%w: references are nested deeper than %d", schemas.ErrSchema, maxReferenceDepth)
	}
	for _, ref := range references {
		v := version{ref.Subject, ref.Version}
		if done, seen := r.state[v]; done {
			continue
		} else if seen {
			return fmt.Errorf("%w: subject %s version %d refers to itself", schemas.ErrSchema, v.subject, v.number)
		}
		if len(r.state) == maxReferences {
			return fmt.Errorf("%w: more than %d references", schemas.ErrSchema, maxReferences)
		}
		r.state[v] = false
		what := fmt.Sprintf("reference %s, subject %s version %d", ref.Name, v.subject, v.number)
		got, err := r.client.sr.SchemaByVersion(sr.WithParams(ctx, sr.ShowDeleted), v.subject, v.number)
		if err != nil {
			return classify(what, err)
		}
		if got.Type != sr.TypeAvro {
			return fmt.Errorf("%w: %s is of type %s, only AVRO is read", schemas.ErrSchema, what, got.Type)
		}
		if err := r.collect(ctx, got.References, depth+1); err != nil {
			return err
		}
		tree, err := parse(got.Schema.Schema)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		define(r.types, tree, "")
		r.state[v] = true
	}
	return nil
}

func parse(text string) (v any, err error) {
	if len(text) > maxSchemaBytes {
		return nil, fmt.Errorf("%w: %d bytes, at most %d are admitted", schemas.ErrSchema, len(text), maxSchemaBytes)
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return nil, fmt.Errorf("%w: not JSON: %w", schemas.ErrSchema, err)
	}
	return v, nil
}

// definition is a named type and the namespace it stands in.
type definition struct {
	body      map[string]any
	namespace string
}

// define notes the named types within v.
func define(types map[string]definition, v any, namespace string) {
	visit(v, namespace, func(m map[string]any, full, enclosing string) {
		if _, ok := types[full]; !ok {
			types[full] = definition{m, enclosing}
		}
	})
}

// visit calls found for each named type within v, outer ones first.
func visit(v any, namespace string, found func(m map[string]any, full, enclosing string)) {
	switch v := v.(type) {
	case []any:
		for _, b := range v {
			visit(b, namespace, found)
		}
	case map[string]any:
		if full, inner, ok := named(v, namespace); ok {
			found(v, full, namespace)
			namespace = inner
		}
		for _, key := range [...]string{"type", "items", "values"} {
			visit(v[key], namespace, found)
		}
		fields, _ := v["fields"].([]any)
		for _, f := range fields {
			if f, ok := f.(map[string]any); ok {
				visit(f["type"], namespace, found)
			}
		}
	}
}

// named returns the full name of a record, enum or fixed and the namespace of its content.
func named(m map[string]any, enclosing string) (full, namespace string, ok bool) {
	switch m["type"] {
	case "record", "enum", "fixed":
	default:
		return "", "", false
	}
	name, _ := m["name"].(string)
	if ns, ok := m["namespace"].(string); ok {
		enclosing = ns
	}
	full = qualify(name, enclosing)
	namespace = full[:max(0, strings.LastIndexByte(full, '.'))]
	return full, namespace, true
}

func qualify(name, namespace string) string {
	if namespace == "" || strings.Contains(name, ".") {
		return name
	}
	return namespace + "." + name
}
