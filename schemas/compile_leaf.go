package schemas

import (
	"fmt"
	"strings"
)

// leaf compiles the reading of one value that is no record, union or null.
func (c *compiler) leaf(s *schema, sinks []int, path string) {
	type reading struct {
		op   op
		slot int32
	}
	var readings []reading
	for _, sink := range sinks {
		o, ok := leafOp(s, c.fields[sink].Type)
		if !ok {
			c.refuse([]int{sink}, path, s)
			continue
		}
		c.found[sink].ok = true
		readings = append(readings, reading{o, int32(c.fields[sink].Slot)})
	}
	if len(readings) == 0 {
		c.skip(s, path)
		return
	}
	for i, r := range readings {
		last := i == len(readings)-1
		if !last {
			c.emit(op{code: opMark}, path)
		}
		r.op.slot = r.slot
		switch r.op.code {
		case opDoubles:
			c.doubles(r.slot, path)
		case opTextEnum:
			c.enum(s, r.op, path)
		default:
			c.emit(r.op, path)
		}
		if !last {
			c.emit(op{code: opBack}, path)
		}
	}
}

// doubles lengthens a run of doubles that ends here, or begins one.
func (c *compiler) doubles(slot int32, path string) {
	p := c.p
	p.slots = append(p.slots, slot)
	if last := len(p.ops) - 1; last >= c.barrier && p.ops[last].code == opDoubles {
		p.ops[last].n++
		return
	}
	c.emit(op{code: opDoubles, n: 1, arg: int32(len(p.slots) - 1)}, path)
}

func (c *compiler) enum(s *schema, o op, path string) {
	symbols := make([][]byte, len(s.symbols))
	for i, symbol := range s.symbols {
		symbols[i] = []byte(symbol)
	}
	o.arg = int32(len(c.p.symbols))
	c.p.symbols = append(c.p.symbols, symbols)
	c.emit(o, path)
}

// union compiles a jump table and the branches.
func (c *compiler) union(s *schema, w *want, path string) {
	p := c.p
	table := len(p.jumps)
	p.jumps = append(p.jumps, make([]int32, len(s.union))...)
	c.emit(op{code: opUnion, n: int32(len(s.union)), arg: int32(table)}, path)
	var jumps []int
	c.unions++
	for i, branch := range s.union {
		p.jumps[table+i] = c.here()
		c.value(branch, w, path)
		if i < len(s.union)-1 {
			jumps = append(jumps, c.emit(op{code: opJump}, path))
		}
	}
	c.unions--
	end := c.here()
	for _, pc := range jumps {
		p.ops[pc].arg = end
	}
	for i := range s.union { // a branch without work ends at once
		if o := p.ops; int(p.jumps[table+i]) < len(o) && o[p.jumps[table+i]].code == opJump {
			p.jumps[table+i] = end
		}
	}
}

// missing notes that record s, which stands at path, lacks the field of a sink.
func (c *compiler) missing(sink int, s *schema, path, name string) {
	f := &c.fields[sink]
	switch {
	case f.Default != nil:
		c.found[sink].ok = true
		if c.unions > 0 {
			c.p.values = append(c.p.values, storedValue{*f.Default, []byte(f.Default.Text)})
			c.emit(op{code: opDefault, n: int32(f.Type), slot: int32(f.Slot), arg: int32(len(c.p.values) - 1)}, joinPath(path, name))
			return
		}
		c.p.blank.set(f.Type, f.Slot, storedValue{*f.Default, []byte(f.Default.Text)})
	case f.Optional:
		c.found[sink].ok = true
	default:
		c.fail(sink, path, fmt.Errorf("%s has no field %s; it has: %s", s.describe(), name, fieldNames(s)))
	}
}

// refuse notes that the type at path does not become what sinks want.
func (c *compiler) refuse(sinks []int, path string, s *schema) {
	for _, sink := range sinks {
		c.fail(sink, path, fmt.Errorf("schema %s has it as %s, a %s is wanted", c.p.writer, s.describe(), c.fields[sink].Type))
	}
}

// fail notes that a field cannot be had here: an error of the datum where a
// union may spare the datum from it, else of the schema.
func (c *compiler) fail(sink int, path string, err error) {
	if c.found[sink].err == nil {
		c.found[sink].err = err
	}
	if c.unions > 0 {
		c.p.faults = append(c.p.faults, err.Error())
		c.emit(op{code: opFault, arg: int32(len(c.p.faults) - 1)}, path)
	}
}

// emit appends an op and returns its place.
func (c *compiler) emit(o op, path string) int {
	c.p.ops = append(c.p.ops, o)
	c.p.where = append(c.p.where, path)
	return len(c.p.ops) - 1
}

// here returns the place of the next op, which a jump will lead to.
func (c *compiler) here() int32 {
	c.barrier = len(c.p.ops)
	return int32(c.barrier)
}

// storedValue is a default whose text needs no conversion.
type storedValue struct {
	Value
	text []byte
}

// set writes a default into row.
func (row *Row) set(t FieldType, slot int, v storedValue) {
	switch t {
	case Number:
		row.Numbers[slot] = v.Number
	case Text:
		row.Texts[slot] = v.text
	case Time:
		row.Times[slot] = v.Time
	}
}

// fieldNames lists the fields of a record for an error message.
func fieldNames(s *schema) string {
	const most = 40
	names := make([]string, 0, most)
	for _, f := range s.fields {
		if len(names) == most {
			return strings.Join(names, ", ") + ", …"
		}
		names = append(names, cut(f.name))
	}
	return strings.Join(names, ", ")
}
