package scoring

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// document decodes YAML strictly into structs: unknown and repeated keys,
// wrong types, aliases and tags are faults, each with its line. goccy's own
// decoder stops at the first.
type document struct {
	faults
	lines map[string]int // of each path, such as "inputs[2].name"
}

// yamlValue is a type that reads itself from a node.
type yamlValue interface {
	fromYAML(d *document, node ast.Node, path string)
}

// Limits that keep goccy's parser, which is quadratic in nesting, fast on
// hostile files.
const (
	maxYAMLBytes   = 512 << 10
	maxYAMLNesting = 64
	maxYAMLIndent  = 80
)

// decodeYAML reads data into the struct that v points to. Faults are left in
// the document, so that the caller can add those of meaning to them.
func decodeYAML(file string, data []byte, v any) *document {
	d := &document{faults: faults{file: file}, lines: map[string]int{}}
	if len(data) > maxYAMLBytes {
		d.add(0, "%d bytes are more than the %d allowed", len(data), maxYAMLBytes)
		return d
	}
	if line := tooDeep(data); line > 0 {
		d.add(line, "is nested deeper than %d levels", maxYAMLNesting)
		return d
	}
	body := d.parse(data)
	if body != nil {
		d.decode(body, reflect.ValueOf(v).Elem(), "")
	}
	return d
}

// parse returns the one document of data, or records why there is none.
func (d *document) parse(data []byte) (body ast.Node) {
	defer func() {
		if r := recover(); r != nil { // a bug of the parser must not end the service
			d.add(0, "cannot be parsed as YAML: %v", r)
			body = nil
		}
	}()
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		line, text := yamlFault(err)
		d.add(line, "not YAML: %s", text)
		return nil
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		d.add(0, "holds %d YAML documents, wants one", len(file.Docs))
		return nil
	}
	return file.Docs[0].Body
}

func (d *document) decode(node ast.Node, v reflect.Value, path string) {
	d.lines[path] = lineOf(node)
	if custom, ok := v.Addr().Interface().(yamlValue); ok {
		custom.fromYAML(d, node, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(node, v.Elem(), path)
	case reflect.Struct:
		d.decodeStruct(node, v, path)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		d.eachPair(node, path, func(key string, value ast.Node, at string) {
			item := reflect.New(v.Type().Elem()).Elem()
			d.decode(value, item, at)
			v.SetMapIndex(reflect.ValueOf(key), item)
		})
	case reflect.Slice:
		list, ok := node.(*ast.SequenceNode)
		if !ok {
			d.add(lineOf(node), "%s: wants a list", path)
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values)))
		for i, item := range list.Values {
			d.decode(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
		}
	default:
		d.decodeScalar(node, v, path)
	}
}

func (d *document) decodeStruct(node ast.Node, v reflect.Value, path string) {
	fields := map[string]int{}
	var known []string
	for i := range v.NumField() {
		if key, ok := v.Type().Field(i).Tag.Lookup("yaml"); ok {
			fields[key] = i
			known = append(known, key)
		}
	}
	d.eachPair(node, path, func(key string, value ast.Node, at string) {
		i, ok := fields[key]
		if !ok {
			d.add(lineOf(value), "%s: is not a known key; known are %s", at, strings.Join(known, ", "))
			return
		}
		d.decode(value, v.Field(i), at)
	})
}

// eachPair calls f for every pair of a mapping in its order.
func (d *document) eachPair(node ast.Node, path string, f func(key string, value ast.Node, at string)) {
	var pairs []*ast.MappingValueNode
	switch m := node.(type) {
	case *ast.MappingNode:
		pairs = m.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{m}
	default:
		place := path
		if place == "" {
			place = "the file"
		}
		d.add(lineOf(node), "%s: wants keys and values", place)
		return
	}
	var seen []string
	for _, pair := range pairs {
		key, ok := scalarText(pair.Key)
		if !ok {
			d.add(lineOf(pair.Key), "%s: a key has to be a plain text", path)
			continue
		}
		at := key
		if path != "" {
			at = path + "." + key
		}
		if slices.Contains(seen, key) {
			d.add(lineOf(pair.Key), "%s: is there twice", at)
			continue
		}
		seen = append(seen, key)
		f(key, pair.Value, at)
	}
}

func (d *document) decodeScalar(node ast.Node, v reflect.Value, path string) {
	text, ok := scalarText(node)
	if !ok {
		d.add(lineOf(node), "%s: wants %s", path, wanted(v.Kind()))
		return
	}
	var err error
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(text)
		v.SetBool(b)
	case reflect.Int:
		var n int64
		n, err = strconv.ParseInt(text, 10, 64)
		v.SetInt(n)
	case reflect.Uint64:
		var n uint64
		n, err = strconv.ParseUint(text, 10, 64)
		v.SetUint(n)
	case reflect.Float64:
		var x float64
		x, err = strconv.ParseFloat(text, 64)
		if err == nil && (math.IsNaN(x) || math.IsInf(x, 0)) {
			err = strconv.ErrRange
		}
		v.SetFloat(x)
	default:
		err = strconv.ErrSyntax
	}
	if err != nil {
		d.add(lineOf(node), "%s: wants %s, not %q", path, wanted(v.Kind()), text)
	}
}

func wanted(kind reflect.Kind) string {
	switch kind {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a finite number"
	}
	return "a text"
}

// decodeField decodes node into what into points to, on behalf of a yamlValue.
func decodeField(d *document, node ast.Node, into any, path string) {
	d.decode(node, reflect.ValueOf(into).Elem(), path)
}
