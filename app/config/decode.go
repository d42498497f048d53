package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// decoder walks the syntax tree and the structs side by side, so that it can
// go on after a fault and knows the line of every key.
type decoder struct {
	file    string
	dir     string
	lines   map[string]int
	bad     map[string]bool
	faults  Faults
	anchors map[string]ast.Node
}

// document returns the root of the only document in data, nil for an empty one.
func (d *decoder) document(data []byte) (ast.Node, bool) {
	d.bad, d.anchors = map[string]bool{}, map[string]ast.Node{}
	text := strings.TrimPrefix(string(data), "\ufeff")
	f, err := parser.ParseBytes([]byte(hideEnv(text)), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		fault := Fault{File: d.file, Problem: "not YAML"}
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) { // not err.Error(): it quotes the lines around, secrets included
			fault.Problem = "not YAML: " + showEnv(syntax.GetMessage())
			if tk := syntax.GetToken(); tk != nil && tk.Position != nil {
				fault.Line = tk.Position.Line
			}
		}
		d.faults = append(d.faults, fault)
		return nil, false
	}
	switch len(f.Docs) {
	case 0:
		return nil, true
	case 1:
		return f.Docs[0].Body, true
	}
	d.faults = append(d.faults, Fault{File: d.file, Problem: "holds several YAML documents; write one"})
	return nil, false
}

func (d *decoder) decode(root ast.Node, cfg *Config) {
	d.structure(root, reflect.ValueOf(cfg).Elem(), "")
}

// has reports whether key was given a value.
func (d *decoder) has(key string) bool { _, ok := d.lines[key]; return ok }

func (d *decoder) fault(n ast.Node, key, value, problem string, args ...any) {
	f := Fault{File: d.file, Line: line(n), Key: key, Value: showEnv(value), Problem: fmt.Sprintf(problem, args...)}
	if f.Line == 0 {
		f.Line = lineOf(d.lines, key)
	}
	d.bad[key] = true
	d.faults = append(d.faults, f)
}

func line(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

// resolve looks through anchors, aliases and tags; nil stands for no value.
func (d *decoder) resolve(n ast.Node, key string) ast.Node {
	for range 32 {
		switch t := n.(type) {
		case nil, *ast.NullNode:
			return nil
		case *ast.TagNode:
			n = t.Value
		case *ast.AnchorNode:
			d.anchors[t.Name.GetToken().Value] = t.Value
			n = t.Value
		case *ast.AliasNode:
			name := t.Value.GetToken().Value
			target, ok := d.anchors[name]
			if !ok {
				d.fault(n, key, "*"+name, "no anchor &%s stands before it", name)
				return nil
			}
			n = target
		default:
			return n
		}
	}
	d.fault(nil, key, "", "its alias leads to itself")
	return nil
}

// entry is one key of a mapping with its value.
type entry struct {
	name  string
	key   ast.Node
	value ast.Node
}

// entries returns the entries of a mapping in the order of the file, each name
// once; expect says in a fault what should stand there.
func (d *decoder) entries(n ast.Node, key, expect string) []entry {
	n = d.resolve(n, key)
	if n == nil {
		return nil
	}
	m, ok := n.(ast.MapNode)
	if !ok {
		text, _ := plain(n)
		d.fault(n, key, text, "must be %s", expect)
		return nil
	}
	var list []entry
	seen := map[string]bool{}
	for it := m.MapRange(); it.Next(); {
		node := ast.Node(it.Key())
		if mk, ok := node.(*ast.MappingKeyNode); ok {
			node = mk.Value
		}
		name, ok := plain(d.resolve(node, key))
		switch {
		case it.Key().IsMergeKey():
			d.fault(it.Key(), join(key, "<<"), "", "merge keys are not supported; write the keys out")
		case !ok:
			d.fault(it.Key(), key, "", "has a key that is not a plain word")
		case seen[name]:
			d.fault(it.Key(), join(key, name), "", "is given twice")
		default:
			seen[name] = true
			list = append(list, entry{name, it.Key(), it.Value()})
		}
	}
	return list
}

// plain returns the text of a scalar as it is written.
func plain(n ast.Node) (string, bool) {
	switch t := n.(type) {
	case *ast.StringNode:
		return t.Value, true
	case *ast.LiteralNode:
		return t.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.MappingNode:
		return glued(t)
	}
	return "", false
}

// glued puts together a word with a colon inside, such as host:9092, that
// goccy/go-yaml v1.19.2 takes for a mapping where it stands in [ ] inside { }:
// in YAML a colon there ends a key only before white space.
func glued(m *ast.MappingNode) (string, bool) {
	if len(m.Values) != 1 || m.IsFlowStyle {
		return "", false
	}
	pair := m.Values[0]
	key, ok := plain(pair.Key)
	value, ok2 := plain(pair.Value)
	if !ok || !ok2 || pair.Start == nil || pair.Start.Position == nil {
		return "", false
	}
	first := pair.Value.GetToken()
	if inner, ok := pair.Value.(*ast.MappingNode); ok {
		first = inner.Values[0].Key.GetToken()
	}
	colon := pair.Start.Position
	if first.Position.Line != colon.Line || first.Position.Column != colon.Column+1 {
		return "", false
	}
	return key + ":" + value, true
}

// structure decodes a mapping into the struct v and fills in defaults.
func (d *decoder) structure(n ast.Node, v reflect.Value, key string) {
	t := v.Type()
	fields := map[string]reflect.StructField{}
	for f := range structFields(t) {
		fields[keyName(f)] = f
	}
	expect := "a section with " + alternatives(keyNames(t), "and")
	if key == "" {
		expect = "a mapping of the " + expect[2:]
	}
	for _, e := range d.entries(n, key, expect) {
		f, ok := fields[e.name]
		if !ok {
			d.unknown(e, key, t)
			continue
		}
		at := join(key, e.name)
		if val := d.resolve(e.value, at); val != nil {
			d.lines[at] = line(e.key)
			d.value(val, v.FieldByIndex(f.Index), at, f.Tag)
		}
	}
	for f := range structFields(t) {
		if at := join(key, keyName(f)); !d.has(at) {
			d.absent(v.FieldByIndex(f.Index), at, f.Tag)
		}
	}
}

// absent gives a key that is not in the file its default.
func (d *decoder) absent(v reflect.Value, key string, tag reflect.StructTag) {
	if def, ok := tag.Lookup("default"); ok {
		d.scalar(nil, def, v, key, tag)
		return
	}
	if v.Kind() == reflect.Struct && !isScalar(v.Type()) {
		d.structure(nil, v, key)
	}
}

// value decodes any node into v.
func (d *decoder) value(n ast.Node, v reflect.Value, key string, tag reflect.StructTag) {
	t := v.Type()
	switch {
	case t == reflect.TypeFor[Missing]():
		d.missing(n, v.Addr().Interface().(*Missing), key)
	case isScalar(t):
		d.leaf(n, v, key, tag)
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		d.value(n, v.Elem(), key, tag)
	case t.Kind() == reflect.Struct:
		d.structure(n, v, key)
	case t.Kind() == reflect.Map:
		d.mapping(n, v, key, tag)
	case t.Kind() == reflect.Slice:
		d.list(n, v, key, tag)
	}
}

func (d *decoder) leaf(n ast.Node, v reflect.Value, key string, tag reflect.StructTag) {
	text, ok := plain(n)
	if !ok {
		d.fault(n, key, "", "must be %s", describe(v.Type(), tag))
		return
	}
	text, err := expandEnv(text)
	if err != nil {
		d.fault(n, key, "", "%v", err)
		return
	}
	d.scalar(n, text, v, key, tag)
}

func (d *decoder) mapping(n ast.Node, v reflect.Value, key string, tag reflect.StructTag) {
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range d.entries(n, key, describe(v.Type(), tag)) {
		at := join(key, e.name)
		val := d.resolve(e.value, at)
		if val == nil {
			d.fault(e.key, at, "", "has no value")
			continue
		}
		d.lines[at] = line(e.key)
		elem := reflect.New(v.Type().Elem()).Elem()
		d.leaf(val, elem, at, tag)
		name, err := expandEnv(e.name)
		if err != nil {
			d.fault(e.key, at, "", "%v", err)
			continue
		}
		v.SetMapIndex(reflect.ValueOf(name), elem)
	}
}

func (d *decoder) list(n ast.Node, v reflect.Value, key string, tag reflect.StructTag) {
	values := []ast.Node{n}
	if seq, ok := n.(*ast.SequenceNode); ok {
		values = seq.Values
	} else if _, scalar := plain(n); !scalar || tag.Get("split") == "" {
		text, _ := plain(n)
		d.fault(n, key, text, "must be a list, as in [a, b]")
		return
	}
	for i, val := range values {
		at := fmt.Sprintf("%s[%d]", key, i)
		elem := reflect.New(v.Type().Elem()).Elem()
		node := d.resolve(val, at)
		if node == nil {
			d.fault(val, at, "", "is empty; write a value or take the dash away")
			continue
		}
		d.lines[at] = line(node)
		d.value(node, elem, at, tag)
		if sep := tag.Get("split"); sep != "" {
			for part := range strings.SplitSeq(elem.String(), sep) {
				v.Set(reflect.Append(v, reflect.ValueOf(strings.TrimSpace(part))))
			}
			continue
		}
		v.Set(reflect.Append(v, elem))
	}
}

// missing reads labels.missing: unlabelled, or assumed with a class.
func (d *decoder) missing(n ast.Node, m *Missing, key string) {
	if text, ok := plain(n); ok {
		text, err := expandEnv(text)
		class, assumed := strings.CutPrefix(text, "assumed:")
		class = strings.TrimSpace(class)
		switch {
		case err != nil:
			d.fault(n, key, "", "%v", err)
		case text == "unlabelled":
		case assumed && class != "":
			*m = Missing{Assumed: true, Class: class}
		default:
			d.fault(n, key, text, "allowed are unlabelled and {assumed: CLASS}")
		}
		return
	}
	var class struct {
		Assumed string `yaml:"assumed"`
	}
	d.structure(n, reflect.ValueOf(&class).Elem(), key)
	if class.Assumed == "" && !d.bad[key] && !d.bad[join(key, "assumed")] {
		d.fault(n, key, "", "allowed are unlabelled and {assumed: CLASS}")
	}
	*m = Missing{Assumed: true, Class: class.Assumed}
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}
