package schemas

import (
	"fmt"
	"math"
)

// FieldType is what a field of somebody else's record is wanted as.
type FieldType uint8

// The field types.
const (
	// Number takes int, long, float, double, boolean (0 or 1), decimal, and null.
	Number FieldType = iota
	// Text takes string, bytes, fixed, enum, and as canonical text numbers, booleans and decimals; and null.
	Text
	// Time takes the timestamp and local-timestamp types (read as UTC), date,
	// plain long (milliseconds since the epoch), strings that ParseInstant reads, and null.
	Time
)

// String returns number, text or time.
func (t FieldType) String() string { return nameOf("field type", fieldTypeNames, uint8(t)) }

// Field is one value wanted from each datum.
type Field struct {
	Path     string    // names of fields; a dot walks into records, and through unions of them
	Type     FieldType // what it becomes
	Slot     int       // index into Row.Numbers, Row.Texts or Row.Times; each slot has one field
	Optional bool      // a writer's schema without the field is well; the value is missing
	Default  *Value    // what stands where the writer's schema lacks the field, as a reader's default in Avro; nil: none
}

// Value is a default; the member that the Type of its Field names counts.
type Value struct {
	Number float64
	Text   string
	Time   Instant
}

// Row receives the values of one datum. A value that is null, NaN or lacking is
// missing: NaN in Numbers, nil in Texts, Beginning in Times. An empty string is an
// empty text that is not nil, and a missing time.
type Row struct {
	Numbers []float64
	Texts   [][]byte // valid until the next Project on this row, or a change of the datum's bytes; read only
	Times   []Instant

	scratch []byte // holds texts that do not stand in the datum
}

// NewRow returns a row with the slots of fields, all missing.
func NewRow(fields []Field) *Row {
	n := slotsOf(fields)
	row := &Row{Numbers: make([]float64, n[Number]), Texts: make([][]byte, n[Text]), Times: make([]Instant, n[Time])}
	for i := range row.Numbers {
		row.Numbers[i] = math.NaN()
	}
	for i := range row.Times {
		row.Times[i] = Beginning
	}
	return row
}

// slotsOf counts the slots of each type.
func slotsOf(fields []Field) (n [3]int) {
	for _, f := range fields {
		if f.Type <= Time {
			n[f.Type] = max(n[f.Type], f.Slot+1)
		}
	}
	return n
}

// Projection reads wanted fields out of the data of one writer's schema. It is a
// flat program, compiled once (after Dubrouski's avro-fastserde, as an interpreter),
// that walks a datum, skips what nobody wants, and writes the rest into a Row
// without allocating. A decimal of more than eight bytes is the one exception.
// It is immutable and safe for concurrent use.
//
// It accepts and refuses the data that goavro does, with these deliberate
// differences. It refuses varints of more than ten bytes (five for an int) or
// with bits beyond 64 (32); blocks whose size in bytes does not agree with their
// items; decimals of more than 128 bytes where they are wanted; times beyond the
// range of Instant and strings that are no time where a time is wanted. It does
// not notice that a key stands twice in a map, and it does not check the pattern
// of goavro's own validated-string.
type Projection struct {
	writer  string        // full name of the schema
	ops     []op          // the program
	where   []string      // field path of each op, for errors
	slots   []int32       // of runs of doubles
	jumps   []int32       // of unions: where each branch begins
	symbols [][][]byte    // of enums
	faults  []string      // of branches that cannot be projected
	values  []storedValue // of branches that lack a field

	blank Row // what a row holds before the program runs
}

// Project reads the datum that fills b into row. After an error the content of
// row is undefined. The error wraps ErrDatum and names field and byte.
func (p *Projection) Project(b []byte, row *Row) error {
	if len(row.Numbers) < len(p.blank.Numbers) || len(row.Texts) < len(p.blank.Texts) || len(row.Times) < len(p.blank.Times) {
		return fmt.Errorf("row has %d numbers, %d texts, %d times; the projection of %s needs %d, %d, %d",
			len(row.Numbers), len(row.Texts), len(row.Times), p.writer, len(p.blank.Numbers), len(p.blank.Texts), len(p.blank.Times))
	}
	copy(row.Numbers, p.blank.Numbers)
	copy(row.Texts, p.blank.Texts)
	copy(row.Times, p.blank.Times)
	row.scratch = row.scratch[:0]
	pos, err := p.run(0, b, 0, row)
	if err != nil {
		return err
	}
	if pos != len(b) {
		return fmt.Errorf("%w: schema %s: %d bytes after the end of the datum at byte %d", ErrDatum, p.writer, len(b)-pos, pos)
	}
	return nil
}

// bad describes a datum that does not fit at the op before pc.
func (p *Projection) bad(pc, pos int, format string, args ...any) error {
	return fmt.Errorf("%w: schema %s, field %s, byte %d: %s", ErrDatum, p.writer, p.where[pc-1], pos, fmt.Sprintf(format, args...))
}
