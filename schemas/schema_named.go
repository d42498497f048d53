package schemas

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// parseNamed reads a record, enum or fixed.
func (p *parser) parseNamed(kind string, m map[string]any, namespace string, depth int) (*schema, error) {
	full, inner, err := fullName(m, namespace)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind, err)
	}
	if p.open[full] || p.named[full] != nil {
		return nil, fmt.Errorf("type %s is defined twice", cut(full))
	}
	s := &schema{name: full}
	for _, alias := range stringsIn(m["aliases"]) {
		s.aliases = append(s.aliases, qualify(alias, inner))
	}
	switch kind {
	case "record":
		p.open[full] = true
		err = p.parseFields(s, m, inner, depth)
		delete(p.open, full)
	case "enum":
		err = s.parseSymbols(m)
	case "fixed":
		err = s.parseFixed(m)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", kind, cut(full), err)
	}
	s.measure()
	p.named[full] = s
	return s, nil
}

func (p *parser) parseFields(s *schema, m map[string]any, namespace string, depth int) error {
	s.kind = typeRecord
	fields, ok := m["fields"].([]any)
	if !ok {
		return errors.New(`no "fields" array`)
	}
	if len(fields) > maxFields {
		return fmt.Errorf("more than %d fields", maxFields)
	}
	seen := map[string]bool{}
	for i, v := range fields {
		fm, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("field %d is not an object", i)
		}
		name, _ := fm["name"].(string)
		if !validName(name) {
			return fmt.Errorf("field %d: %q is not a name", i, cut(name))
		}
		if seen[name] {
			return fmt.Errorf("field %s stands twice", cut(name))
		}
		seen[name] = true
		// The field's own object stands for its type where that is given as a
		// name, as goavro has it: {"name": "t", "type": "long", "logicalType": …}
		// means what its writer meant.
		t, err := p.parseObject(fm, namespace, depth+1)
		if err != nil {
			return fmt.Errorf("field %s: %w", cut(name), err)
		}
		_, hasDefault := fm["default"]
		s.fields = append(s.fields, &schemaField{name: name, aliases: stringsIn(fm["aliases"]), typ: t, hasDefault: hasDefault})
	}
	return nil
}

func (s *schema) parseSymbols(m map[string]any) error {
	s.kind = typeEnum
	symbols, ok := m["symbols"].([]any)
	if !ok || len(symbols) == 0 {
		return errors.New("no symbols")
	}
	if len(symbols) > maxSymbols {
		return fmt.Errorf("%d symbols, at most %d are admitted", len(symbols), maxSymbols)
	}
	seen := map[string]bool{}
	for i, v := range symbols {
		symbol, _ := v.(string)
		if !validName(symbol) || seen[symbol] {
			return fmt.Errorf("symbol %d: %q is not a name, or stands twice", i, cut(symbol))
		}
		seen[symbol] = true
		s.symbols = append(s.symbols, symbol)
	}
	return nil
}

func (s *schema) parseFixed(m map[string]any) error {
	s.kind = typeFixed
	size, ok := m["size"].(float64)
	if !ok || size != math.Trunc(size) || size < 1 || size > maxFixed {
		return fmt.Errorf("size %v is not a whole number from 1 to %d", m["size"], maxFixed)
	}
	s.size = int(size)
	s.setLogical(m)
	return nil
}

// setLogical takes over the logical type where it is valid; one that is not is
// ignored, as the Avro specification demands.
func (s *schema) setLogical(m map[string]any) {
	logical, _ := m["logicalType"].(string)
	switch logical {
	case "decimal":
		precision, _ := m["precision"].(float64)
		scale, _ := m["scale"].(float64)
		if s.kind != typeBytes && s.kind != typeFixed || precision < 1 || scale < 0 || scale > precision ||
			scale > maxScale || scale != math.Trunc(scale) {
			return
		}
		s.scale = int(scale)
	case "timestamp-millis", "timestamp-micros", "timestamp-nanos",
		"local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos", "time-micros":
		if s.kind != typeLong {
			return
		}
	case "date", "time-millis":
		if s.kind != typeInt {
			return
		}
	case "uuid":
		if s.kind != typeString && !(s.kind == typeFixed && s.size == 16) {
			return
		}
	default:
		return
	}
	s.logical = logical
}

// fullName returns the full name of the type that m defines and the namespace of what it contains.
func fullName(m map[string]any, enclosing string) (full, namespace string, err error) {
	name, _ := m["name"].(string)
	if v, ok := m["namespace"]; ok && v != nil {
		if enclosing, ok = v.(string); !ok {
			return "", "", errors.New("namespace is not a string")
		}
	}
	full = qualify(name, enclosing)
	for part := range strings.SplitSeq(full, ".") {
		if !validName(part) {
			return "", "", fmt.Errorf("%q is not a name", cut(full))
		}
	}
	if i := strings.LastIndexByte(full, '.'); i >= 0 {
		namespace = full[:i]
	}
	return full, namespace, nil
}

// validName follows the specification: [A-Za-z_][A-Za-z0-9_]*.
func validName(s string) bool {
	for i, c := range []byte(s) {
		letter := c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// stringsIn returns the strings of a JSON array, and nothing for anything else.
func stringsIn(v any) (out []string) {
	list, _ := v.([]any)
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}
