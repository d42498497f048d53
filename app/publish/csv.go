package publish

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// CSV reads rows of comma-separated values under a header. Columns map to
// fields by name or alias; a dotted name walks into records. An empty cell is
// a missing value.
type CSV struct {
	name   string
	in     *csv.Reader
	header []string
	plan   *recordPlan
	row    map[string]any
}

// recordPlan says which column fills which field of a record.
type recordPlan struct {
	record *node
	union  *node // that the record is the only branch of beside null; nil: it stands plainly
	fields []fieldPlan
}

type fieldPlan struct {
	field  *field
	column int // -1: none
	nested *recordPlan
}

// NewCSV reads the header from r and maps its columns to the schema. The error
// names every column that the schema requires and the header lacks; columns
// that the schema does not have are told to note.
func NewCSV(r io.Reader, name string, schema *Schema, note func(string)) (*CSV, error) {
	in := csv.NewReader(r)
	in.ReuseRecord = true
	first, err := in.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("is empty; want a header with the names of the columns")
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	c := &CSV{name: name, in: in, row: map[string]any{}, plan: &recordPlan{record: schema.root}}
	var faults []error
	var extra []string
	for i, h := range first {
		if i == 0 {
			h = strings.TrimPrefix(h, "\ufeff")
		}
		h = strings.TrimSpace(h)
		c.header = append(c.header, h)
		switch known, err := c.plan.place(strings.Split(h, "."), i); {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s line 1: column %s: %w", name, h, err))
		case !known:
			extra = append(extra, h)
		}
	}
	for _, missing := range c.plan.missing("") {
		faults = append(faults, fmt.Errorf("%s line 1: there is no column %s", name, missing))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if len(extra) > 0 && note != nil {
		note(fmt.Sprintf("%s: ignored, as %s has no such field: %s", name, schema.Name(), strings.Join(extra, ", ")))
	}
	return c, nil
}

// place gives a column to the field that path leads to.
func (p *recordPlan) place(path []string, column int) (known bool, err error) {
	f := p.record.field(path[0])
	if f == nil {
		return false, nil
	}
	at := slices.IndexFunc(p.fields, func(fp fieldPlan) bool { return fp.field == f })
	if at < 0 {
		at = len(p.fields)
		p.fields = append(p.fields, fieldPlan{field: f, column: -1})
	}
	fp := &p.fields[at]
	if len(path) == 1 {
		if fp.column >= 0 || fp.nested != nil {
			return true, fmt.Errorf("field %s has a column already", f.name)
		}
		fp.column = column
		return true, nil
	}
	inner := f.typ.only()
	if inner == nil || inner.kind != kindRecord || fp.column >= 0 {
		return false, nil
	}
	if fp.nested == nil {
		fp.nested = &recordPlan{record: inner}
		if f.typ.kind == kindUnion {
			fp.nested.union = f.typ
		}
	}
	return fp.nested.place(path[1:], column)
}

// missing lists the required fields without a column, and completes the plan
// with those that may do without.
func (p *recordPlan) missing(prefix string) []string {
	var names []string
	for i := range p.record.fields {
		f := &p.record.fields[i]
		at := slices.IndexFunc(p.fields, func(fp fieldPlan) bool { return fp.field == f })
		switch {
		case at >= 0 && p.fields[at].nested != nil:
			names = append(names, p.fields[at].nested.missing(prefix+f.name+".")...)
		case at >= 0:
		case f.hasDefault || f.typ.nullable():
			p.fields = append(p.fields, fieldPlan{field: f, column: -1})
		default:
			names = append(names, fmt.Sprintf("%s%s (%s, required)", prefix, f.name, f.typ))
		}
	}
	return names
}

// Next returns the next row, or io.EOF.
func (c *CSV) Next() (Row, error) {
	cells, err := c.in.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return Row{}, io.EOF
		}
		return Row{}, fmt.Errorf("%s: %w", c.name, err)
	}
	line, _ := c.in.FieldPos(0)
	if column, err := c.plan.fill(c.row, cells); err != nil {
		if column >= 0 {
			return Row{}, fmt.Errorf("%s line %d: column %s: %w", c.name, line, c.header[column], err)
		}
		return Row{}, fmt.Errorf("%s line %d: %w", c.name, line, err)
	}
	return Row{Line: int64(line), Value: c.row}, nil
}

// fill converts the cells of a row into out; an error comes with its column,
// -1 where there is none.
func (p *recordPlan) fill(out map[string]any, cells []string) (int, error) {
	for i := range p.fields {
		fp := &p.fields[i]
		var err error
		switch {
		case fp.nested != nil:
			if column, err := fp.nested.fillNested(out, fp.field, cells); err != nil {
				return column, err
			}
		case fp.column < 0:
			err = fp.field.putMissing(out, false)
		case cells[fp.column] == "":
			if err = fp.field.putMissing(out, true); err != nil {
				err = fmt.Errorf("is empty, and %s has neither null nor a default", fp.field.typ)
			}
		default:
			out[fp.field.name], err = fromText(fp.field.typ, cells[fp.column])
		}
		if err != nil {
			return fp.column, err
		}
	}
	return -1, nil
}

// fillNested makes a record inside a record; one that may be null is null
// where all of its cells are empty.
func (p *recordPlan) fillNested(out map[string]any, f *field, cells []string) (int, error) {
	if p.union != nil && p.union.nullable() && p.empty(cells) {
		out[f.name] = nil
		return -1, nil
	}
	inner := make(map[string]any, len(p.fields))
	if column, err := p.fill(inner, cells); err != nil {
		return column, err
	}
	if p.union != nil {
		out[f.name] = wrap(inner, p.union, p.record)
	} else {
		out[f.name] = inner
	}
	return -1, nil
}

func (p *recordPlan) empty(cells []string) bool {
	return !slices.ContainsFunc(p.fields, func(fp fieldPlan) bool {
		if fp.nested != nil {
			return !fp.nested.empty(cells)
		}
		return fp.column >= 0 && cells[fp.column] != ""
	})
}
