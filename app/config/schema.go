package config

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"
)

// jsonSchema is the part of JSON Schema (draft 2020-12) that the file needs.
type jsonSchema struct {
	Schema      string                 `json:"$schema,omitempty"`
	Title       string                 `json:"title,omitempty"`
	Description string                 `json:"description,omitempty"`
	Type        any                    `json:"type,omitempty"`
	Format      string                 `json:"format,omitempty"`
	Pattern     string                 `json:"pattern,omitempty"`
	Enum        []string               `json:"enum,omitempty"`
	Default     any                    `json:"default,omitempty"`
	Properties  map[string]*jsonSchema `json:"properties,omitempty"`
	Additional  any                    `json:"additionalProperties,omitempty"`
	Required    []string               `json:"required,omitempty"`
	Items       *jsonSchema            `json:"items,omitempty"`
	AnyOf       []*jsonSchema          `json:"anyOf,omitempty"`
}

// JSONSchema returns the JSON Schema of the file, for editors.
func JSONSchema() ([]byte, error) {
	root, err := schemaOf(reflect.TypeFor[Config](), "", "")
	if err != nil {
		return nil, err
	}
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "hindsight configuration"
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(text, '\n'), nil
}

const (
	envPattern      = `\$\{[A-Za-z_][A-Za-z0-9_]*\}`
	durationPattern = `^-?([0-9.]+d)?([0-9.]+(h|m|s|ms|us|µs|ns))*$`
	sizePattern     = `^[0-9]+ ?(B|KiB|MiB|GiB|kB|KB|MB|GB)?$`
)

func schemaOf(t reflect.Type, path string, tag reflect.StructTag) (*jsonSchema, error) {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return orEnv(&jsonSchema{Type: "string", Pattern: durationPattern}), nil
	case reflect.TypeFor[Size]():
		return orEnv(&jsonSchema{Type: "integer"}, &jsonSchema{Type: "string", Pattern: sizePattern}), nil
	case reflect.TypeFor[time.Time]():
		return orEnv(&jsonSchema{Type: "string", Format: "date-time"}), nil
	case reflect.TypeFor[Secret]():
		return &jsonSchema{Type: "string"}, nil
	case reflect.TypeFor[Missing]():
		return orEnv(&jsonSchema{Type: "string", Pattern: "^(unlabelled|assumed:.+)$"},
			&jsonSchema{Type: "object", Properties: map[string]*jsonSchema{"assumed": text()}, Required: []string{"assumed"}, Additional: false}), nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), path, tag)
	case reflect.Struct:
		return objectSchema(t, path)
	case reflect.Slice:
		return listSchema(t, path, tag)
	case reflect.Map:
		if t.Elem().Kind() == reflect.String {
			return &jsonSchema{Type: "object", Additional: text()}, nil
		}
		return &jsonSchema{Type: "object", Additional: &jsonSchema{Type: "number"}}, nil
	case reflect.Int64:
		return orEnv(&jsonSchema{Type: "integer"}), nil
	case reflect.Float64:
		return orEnv(&jsonSchema{Type: "number"}), nil
	}
	switch allowed := choices(tag); {
	case allowed != nil:
		return orEnv(&jsonSchema{Enum: allowed}), nil
	case tag.Get("kind") == "topic":
		return orEnv(&jsonSchema{Type: "string", Pattern: topicPattern}), nil
	case tag.Get("kind") == "field":
		return orEnv(&jsonSchema{Type: "string", Pattern: fieldPattern}), nil
	}
	return &jsonSchema{Type: "string"}, nil
}

// text is a value that is taken by its text, whatever its YAML type.
func text() *jsonSchema { return &jsonSchema{Type: []string{"string", "number", "boolean"}} }

// orEnv also lets a reference to the environment stand for the value.
func orEnv(options ...*jsonSchema) *jsonSchema {
	return &jsonSchema{AnyOf: append(options, &jsonSchema{Type: "string", Pattern: envPattern})}
}

func listSchema(t reflect.Type, path string, tag reflect.StructTag) (*jsonSchema, error) {
	items, err := schemaOf(t.Elem(), path+"[]", tag)
	if err != nil {
		return nil, err
	}
	list := &jsonSchema{Type: "array", Items: items}
	if tag.Get("split") != "" {
		return &jsonSchema{AnyOf: []*jsonSchema{list, {Type: "string"}}}, nil
	}
	return list, nil
}

func objectSchema(t reflect.Type, path string) (*jsonSchema, error) {
	o := &jsonSchema{Type: "object", Properties: map[string]*jsonSchema{}, Additional: false}
	for f := range structFields(t) {
		at := join(path, keyName(f))
		key, err := docOf(at)
		if err != nil {
			return nil, err
		}
		s, err := schemaOf(f.Type, at, f.Tag)
		if err != nil {
			return nil, err
		}
		s.Description = key.Doc
		if def, ok := f.Tag.Lookup("default"); ok {
			s.Default = jsonDefault(def, f.Type)
		}
		if key.Required {
			o.Required = append(o.Required, keyName(f))
		}
		o.Properties[keyName(f)] = s
	}
	slices.Sort(o.Required)
	return o, nil
}

// jsonDefault keeps numbers numbers.
func jsonDefault(def string, t reflect.Type) any {
	if t.Kind() == reflect.Float64 || t == reflect.TypeFor[int64]() {
		return json.RawMessage(strings.TrimSpace(def))
	}
	return def
}
