package schemas

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Compile makes the projection of writerSchema onto fields. Fields are found by
// name, else by an alias in the writer's schema. All faults are reported at once;
// they wrap ErrSchema: a schema that Admit refuses or that is no record, a field
// that it lacks and that is neither optional nor has a default, and a field whose
// type does not become the one wanted. A union needs one branch that does; the
// others are an error of the datum in which they occur.
func Compile(writerSchema string, fields []Field) (*Projection, error) {
	s, err := parseSchema(writerSchema)
	if err != nil {
		return nil, err
	}
	return compile(s, fields)
}

func compile(s *schema, fields []Field) (*Projection, error) {
	wanted, err := wantedFields(fields)
	if err != nil {
		return nil, err
	}
	if s.kind != typeRecord {
		return nil, fmt.Errorf("%w: it is a %s, a record is wanted", ErrSchema, s.describe())
	}
	blank := NewRow(fields)
	c := compiler{p: &Projection{writer: s.name, blank: *blank}, fields: fields, found: make([]finding, len(fields))}
	c.record(s, wanted, "")
	c.emit(op{code: opEnd}, "")
	var faults []error
	for i, f := range c.found {
		if !f.ok && f.err != nil {
			faults = append(faults, fmt.Errorf("%w: field %q: %w", ErrSchema, fields[i].Path, f.err))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return c.p, nil
}

// want is a tree of the paths of the wanted fields.
type want struct {
	sinks    []int // indexes of the fields whose path ends here
	children []namedWant
}

type namedWant struct {
	name string
	want *want
}

// wantedFields checks fields and arranges them by path.
func wantedFields(fields []Field) (*want, error) {
	root := &want{}
	var faults []error
	taken := map[[2]int]string{}
	for i, f := range fields {
		slot := [2]int{int(f.Type), f.Slot}
		switch other, ok := taken[slot]; {
		case f.Type > Time:
			faults = append(faults, fmt.Errorf("field %q: unknown type %s", f.Path, f.Type))
		case f.Slot < 0 || f.Slot > math.MaxUint16:
			faults = append(faults, fmt.Errorf("field %q: slot %d is not from 0 to %d", f.Path, f.Slot, math.MaxUint16))
		case ok:
			faults = append(faults, fmt.Errorf("fields %q and %q share %s slot %d", other, f.Path, f.Type, f.Slot))
		}
		taken[slot] = f.Path
		w := root
		for name := range strings.SplitSeq(f.Path, ".") {
			if !validName(name) {
				faults = append(faults, fmt.Errorf("field %q: want names, joined by dots", f.Path))
				break
			}
			w = w.child(name)
		}
		w.sinks = append(w.sinks, i)
	}
	return root, errors.Join(faults...)
}

func (w *want) child(name string) *want {
	i := slices.IndexFunc(w.children, func(c namedWant) bool { return c.name == name })
	if i < 0 {
		i = len(w.children)
		w.children = append(w.children, namedWant{name: name, want: &want{}})
	}
	return w.children[i].want
}

// all visits the sinks of w and of everything below it.
func (w *want) all(visit func(sink int)) {
	for _, sink := range w.sinks {
		visit(sink)
	}
	for _, c := range w.children {
		c.want.all(visit)
	}
}

// finding is what became of a wanted field. Only unions give a field several
// chances; without one it has either.
type finding struct {
	ok  bool  // somewhere there is a type that becomes the one wanted
	err error // the first that does not
}

type compiler struct {
	p       *Projection
	fields  []Field
	found   []finding
	unions  int // how many unions enclose what is compiled
	barrier int // ops from here on may be fused; a jump leads here
}

// value compiles the reading of s where w is wanted of it, or its skipping where w is nil.
func (c *compiler) value(s *schema, w *want, path string) {
	switch {
	case w == nil:
		c.skip(s, path)
	case s.kind == typeRecord:
		c.refuse(w.sinks, path, s)
		c.record(s, w, path)
	case s.kind == typeUnion:
		c.union(s, w, path)
	case s.kind == typeNull: // missing, which the row is already
	default:
		for _, child := range w.children {
			child.want.all(func(sink int) {
				c.fail(sink, path, fmt.Errorf("schema %s has %s as %s; only records are walked into", c.p.writer, path, s.describe()))
			})
		}
		c.leaf(s, w.sinks, path)
	}
}

// record compiles the fields of s in their order.
func (c *compiler) record(s *schema, w *want, path string) {
	wants := make([]*want, len(s.fields))
	for _, child := range w.children {
		i := s.find(child.name)
		if i < 0 {
			child.want.all(func(sink int) { c.missing(sink, s, path, child.name) })
			continue
		}
		if wants[i] == nil {
			wants[i] = &want{}
		}
		wants[i].sinks = append(wants[i].sinks, child.want.sinks...)
		wants[i].children = append(wants[i].children, child.want.children...)
	}
	for i, f := range s.fields {
		c.value(f.typ, wants[i], joinPath(path, f.name))
	}
}

// find returns the index of the field with that name, else with that alias, else -1.
func (s *schema) find(name string) int {
	i := slices.IndexFunc(s.fields, func(f *schemaField) bool { return f.name == name })
	if i < 0 {
		i = slices.IndexFunc(s.fields, func(f *schemaField) bool { return slices.Contains(f.aliases, name) })
	}
	return i
}

// joinPath is for messages. It bounds what a schema of long names, nested, would
// make of the paths of all its fields.
func joinPath(path, name string) string {
	if path == "" {
		return cut(name)
	}
	return cut(path) + "." + cut(name)
}
