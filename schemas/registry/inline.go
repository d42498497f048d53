package registry

import (
	"maps"
	"strings"
)

// inliner rewrites a schema so that it needs no other: the first use of a type
// that a reference defines becomes its definition, later ones its full name.
type inliner struct {
	types   map[string]definition
	defined map[string]bool // full names that stand in the text so far
}

// typ rewrites one type that stands in namespace.
func (in *inliner) typ(v any, namespace string) any {
	switch v := v.(type) {
	case string:
		return in.name(v, namespace)
	case []any:
		out := make([]any, len(v))
		for i, b := range v {
			out[i] = in.typ(b, namespace)
		}
		return out
	case map[string]any:
		return in.object(v, namespace)
	}
	return v
}

// name rewrites a use of a type by its name: that of the namespace it stands
// in, else the full name.
func (in *inliner) name(name, namespace string) any {
	for _, full := range [...]string{qualify(name, namespace), name} {
		if in.defined[full] {
			return full
		}
		if d, ok := in.types[full]; ok {
			return in.object(d.body, d.namespace)
		}
	}
	return name // a primitive, or unknown: whoever reads it will say so
}

func (in *inliner) object(m map[string]any, namespace string) any {
	out := maps.Clone(m)
	full, inner, ok := named(m, namespace)
	if !ok {
		for _, key := range [...]string{"type", "items", "values"} {
			if v, ok := m[key]; ok {
				out[key] = in.typ(v, namespace)
			}
		}
		if t, ok := out["type"].(map[string]any); ok && isName(m["type"]) {
			return t // {"type": "Address"} gave way to the definition
		}
		return out
	}
	if in.defined[full] {
		return full
	}
	in.defined[full] = true
	// The definition may come to stand in another namespace than its own.
	out["name"] = full[strings.LastIndexByte(full, '.')+1:]
	out["namespace"] = inner
	if fields, ok := m["fields"].([]any); ok {
		list := make([]any, len(fields))
		for i, f := range fields {
			list[i] = f
			if fm, ok := f.(map[string]any); ok {
				field := maps.Clone(fm)
				field["type"] = in.typ(fm["type"], inner)
				list[i] = field
			}
		}
		out["fields"] = list
	}
	return out
}

func isName(v any) bool {
	_, ok := v.(string)
	return ok
}
