package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"hindsight/schemas"
)

// object is a JSON object whose keys have been checked; it collects faults.
type object struct {
	fields map[string]json.RawMessage
	faults []error
}

// parseObject reads one JSON object and nothing after it. Keys have to be
// among those known, spelled exactly, and there once; encoding/json would let
// all three pass.
func parseObject(data []byte, limit int, known ...string) (*object, error) {
	if len(data) > limit {
		return nil, fmt.Errorf("%d bytes are more than the %d allowed", len(data), limit)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	} else if t != json.Delim('{') {
		return nil, fmt.Errorf("not a JSON object but %v", t)
	}
	o := &object{fields: map[string]json.RawMessage{}}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("not JSON: %w", err)
		}
		key := t.(string) // the decoder lets nothing else stand before a colon
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("%s: not JSON: %w", key, err)
		}
		switch _, twice := o.fields[key]; {
		case !slices.Contains(known, key):
			o.fault("%q is not a known key; known are %s", key, strings.Join(known, ", "))
		case twice:
			o.fault("%s: is there twice", key)
		}
		o.fields[key] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("something follows the JSON object")
	}
	return o, nil
}

func (o *object) fault(format string, args ...any) {
	o.faults = append(o.faults, fmt.Errorf(format, args...))
}

func (o *object) has(key string) bool { _, ok := o.fields[key]; return ok }

// numbers reads a list of numbers; nil where key is absent.
func (o *object) numbers(key string) []float64 {
	var list []float64
	o.decode(key, &list, "a list of numbers")
	return list
}

// matrix reads a list of lists of numbers; nil where key is absent.
func (o *object) matrix(key string) [][]float64 {
	var rows [][]float64
	o.decode(key, &rows, "a list of lists of numbers")
	return rows
}

func (o *object) decode(key string, into any, what string) {
	raw, ok := o.fields[key]
	if !ok {
		return
	}
	// encoding/json reads null as "leave it 0". Numbers have no n.
	if bytes.IndexByte(raw, 'n') >= 0 {
		o.fault("%s: null or NaN where %s is wanted", key, what)
		return
	}
	if err := json.Unmarshal(raw, into); err != nil {
		o.fault("%s: is not %s: %w", key, what, err)
	}
}

// text reads a string; "" where key is absent.
func (o *object) text(key string) string {
	raw, ok := o.fields[key]
	if !ok {
		return ""
	}
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		o.fault("%s: is not a text: %s", key, raw)
		return ""
	}
	return *s
}

// texts reads a list of strings; nil where key is absent.
func (o *object) texts(key string) []string {
	raw, ok := o.fields[key]
	if !ok {
		return nil
	}
	var list []*string
	if err := json.Unmarshal(raw, &list); err != nil {
		o.fault("%s: is not a list of texts: %w", key, err)
		return nil
	}
	texts := make([]string, len(list))
	for i, s := range list {
		if s == nil {
			o.fault("%s: entry %d is null", key, i+1)
			continue
		}
		texts[i] = *s
	}
	return texts
}

// classes reads a list of strings, numbers or booleans as canonical text.
func (o *object) classes(key string) []string {
	raw, ok := o.fields[key]
	if !ok {
		return nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		o.fault("%s: is not a list: %w", key, err)
		return nil
	}
	texts := make([]string, len(list))
	for i, item := range list {
		text := string(item)
		switch {
		case strings.HasPrefix(text, `"`):
			if err := json.Unmarshal(item, &text); err != nil {
				o.fault("%s: entry %d: %w", key, i+1, err)
			}
		case text == "null" || strings.ContainsAny(text, "[{"):
			o.fault("%s: entry %d is not a text, a number or a boolean: %s", key, i+1, text)
		}
		texts[i] = schemas.Canonical(text)
	}
	return texts
}
