package config

import (
	"reflect"
	"strings"
)

const templateHead = `# hindsight configuration, with every key and its default.
#
# Find everything that is wrong:   hindsight check -c FILE
# See it with defaults filled in:  hindsight config show -c FILE
# For editors:                     hindsight config schema > hindsight.schema.json
#
# ${NAME} is taken from the environment; a secret may be file:PATH; durations
# are such as 14d, 1d12h, 90m or 100ms; relative paths start at this file.
`

// Template returns a commented file to start from. It loads as it is.
func Template() ([]byte, error) {
	var out strings.Builder
	out.WriteString(templateHead)
	if err := templateSection(&out, reflect.TypeFor[Config](), "", ""); err != nil {
		return nil, err
	}
	return []byte(out.String()), nil
}

func templateSection(out *strings.Builder, t reflect.Type, path, indent string) error {
	for f := range structFields(t) {
		at := join(path, keyName(f))
		key, err := docOf(at)
		if err != nil {
			return err
		}
		if path == "" {
			out.WriteString("\n")
		}
		out.WriteString(indent + "# " + key.Doc + allowedNote(f.Tag) + "\n")
		if f.Type.Kind() == reflect.Struct && !isScalar(f.Type) {
			out.WriteString(indent + keyName(f) + ":\n")
			if err := templateSection(out, f.Type, at, indent+"  "); err != nil {
				return err
			}
			continue
		}
		if err := templateElement(out, f.Type, at, indent); err != nil {
			return err
		}
		templateKey(out, key, f, indent)
	}
	return nil
}

// templateElement tells the keys of the elements of a list, or of a section
// that is only there when it is wanted.
func templateElement(out *strings.Builder, t reflect.Type, path, indent string) error {
	switch t.Kind() {
	case reflect.Slice:
		t, path = t.Elem(), path+"[]"
	case reflect.Pointer:
		t = t.Elem()
	default:
		return nil
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for f := range structFields(t) {
		key, err := docOf(join(path, keyName(f)))
		if err != nil {
			return err
		}
		note := allowedNote(f.Tag)
		if def, ok := f.Tag.Lookup("default"); ok {
			note += "; default: " + def
		}
		out.WriteString(indent + "#   " + keyName(f) + ": " + key.Doc + note + "\n")
	}
	return nil
}

func templateKey(out *strings.Builder, key Key, f reflect.StructField, indent string) {
	value, active := key.Example, key.Shown
	if def, ok := f.Tag.Lookup("default"); ok && value == "" {
		value, active = def, true
	}
	if !active {
		out.WriteString(indent + "# " + strings.TrimSpace(keyName(f)+": "+value) + "\n")
		return
	}
	elements, isList := strings.CutPrefix(value, "[{")
	if !isList {
		out.WriteString(indent + keyName(f) + ": " + value + "\n")
		return
	}
	out.WriteString(indent + keyName(f) + ":\n")
	for element := range strings.SplitSeq(strings.TrimSuffix(elements, "}]"), "}, {") {
		out.WriteString(indent + "  - {" + element + "}\n")
	}
}

func allowedNote(tag reflect.StructTag) string {
	if allowed := choices(tag); allowed != nil {
		return " (" + strings.Join(allowed, " | ") + ")"
	}
	return ""
}
