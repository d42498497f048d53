package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// YAML returns cfg as a file that loads to the same configuration, but for
// secrets that are not in files of their own: those are not shown.
func (cfg *Config) YAML() ([]byte, error) {
	w := new(writer)
	w.section(reflect.ValueOf(cfg).Elem(), "")
	if w.err != nil {
		return nil, fmt.Errorf("config: %w", w.err)
	}
	return []byte(w.out.String()), nil
}

type writer struct {
	out strings.Builder
	err error
}

// section writes the keys of a struct that have something to say.
func (w *writer) section(v reflect.Value, indent string) {
	for f := range structFields(v.Type()) {
		field := v.FieldByIndex(f.Index)
		if _, hasDefault := f.Tag.Lookup("default"); !hasDefault && silent(field) && field.Type() != reflect.TypeFor[Missing]() {
			continue
		}
		w.out.WriteString(indent + keyName(f) + ":")
		w.value(field, indent+"  ")
	}
}

// silent reports whether v is a value that a file without its key has too.
func silent(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.Struct:
		if isScalar(v.Type()) {
			return v.IsZero()
		}
		for f := range structFields(v.Type()) {
			if _, hasDefault := f.Tag.Lookup("default"); hasDefault || !silent(v.FieldByIndex(f.Index)) {
				return false
			}
		}
		return true
	}
	return v.IsZero()
}

// value writes what follows the colon of a key, and the end of its line.
func (w *writer) value(v reflect.Value, indent string) {
	if text, ok := w.scalar(v); ok {
		w.out.WriteString(" " + text + "\n")
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		w.value(v.Elem(), indent)
	case reflect.Struct:
		if silent(v) {
			w.out.WriteString(" {}\n")
			return
		}
		w.out.WriteString("\n")
		w.section(v, indent)
	case reflect.Map:
		w.out.WriteString("\n")
		for _, name := range slices.Sorted(maps.Keys(stringMap(v))) {
			text, _ := w.scalar(v.MapIndex(reflect.ValueOf(name)))
			w.out.WriteString(indent + w.quote(name) + ": " + text + "\n")
		}
	case reflect.Slice:
		w.list(v, indent)
	}
}

func (w *writer) list(v reflect.Value, indent string) {
	if v.Type().Elem().Kind() == reflect.Struct {
		w.out.WriteString("\n")
		for i := range v.Len() {
			inner := &writer{}
			inner.section(v.Index(i), indent+"  ")
			w.out.WriteString(indent + "- " + strings.TrimPrefix(inner.out.String(), indent+"  "))
			w.err = first(w.err, inner.err)
		}
		return
	}
	texts := make([]string, v.Len())
	for i := range texts {
		texts[i], _ = w.scalar(v.Index(i))
	}
	w.out.WriteString(" [" + strings.Join(texts, ", ") + "]\n")
}

// scalar writes a value that is one word in the file.
func (w *writer) scalar(v reflect.Value) (string, bool) {
	switch x := v.Interface().(type) {
	case time.Duration:
		return FormatDuration(x), true
	case Size:
		return x.String(), true
	case time.Time:
		return x.Format(time.RFC3339Nano), true
	case Secret:
		return w.quote(x.String()), true
	case Missing:
		if !x.Assumed {
			return "unlabelled", true
		}
		return "{assumed: " + w.quote(x.Class) + "}", true
	case string:
		return w.quote(x), true
	case int64:
		return fmt.Sprint(x), true
	case float64:
		return number(x), true
	case *float64:
		return number(*x), true
	}
	return "", false
}

// quote writes s so that it is read as the same text, also inside [ ].
func (w *writer) quote(s string) string {
	s = strings.ReplaceAll(s, "${", "$${")
	text, err := yaml.MarshalWithOptions([]string{s}, yaml.Flow(true), yaml.JSON())
	w.err = first(w.err, err)
	quoted := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(string(text)), "["), "]")
	if isWord(s) {
		return s
	}
	return quoted
}

// isWord reports whether s needs no quotes anywhere in YAML.
func isWord(s string) bool {
	if s == "" || strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/@:-") != "" {
		return false
	}
	if strings.ContainsAny(s[:1], "-.@:") || strings.HasSuffix(s, ":") || strings.Contains(s, ":-") {
		return false
	}
	var back any
	if yaml.Unmarshal([]byte(s), &back) != nil {
		return false
	}
	text, ok := back.(string)
	return ok && text == s
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func stringMap(v reflect.Value) map[string]struct{} {
	names := map[string]struct{}{}
	for _, k := range v.MapKeys() {
		names[k.String()] = struct{}{}
	}
	return names
}
