package schemas

import "math"

// avroType is one of the fourteen types of Avro.
type avroType uint8

const (
	typeNull avroType = iota
	typeBoolean
	typeInt
	typeLong
	typeFloat
	typeDouble
	typeBytes
	typeString
	typeArray
	typeMap
	typeUnion
	typeRecord
	typeEnum
	typeFixed
)

var avroTypeNames = []string{"null", "boolean", "int", "long", "float", "double", "bytes", "string",
	"array", "map", "union", "record", "enum", "fixed"}

func (t avroType) String() string { return nameOf("type", avroTypeNames, uint8(t)) }

func (t avroType) primitive() bool { return t <= typeString }

// schema is a parsed and admitted Avro schema. A named type that is used twice
// is one node, so it is a tree by its limits and a directed graph in memory; it
// has no cycle.
type schema struct {
	kind    avroType
	logical string         // logicalType where it is valid on kind, else ""
	scale   int            // of a decimal
	name    string         // full name of a record, enum or fixed
	aliases []string       // full names
	fields  []*schemaField // of a record
	symbols []string       // of an enum
	items   *schema        // of an array or map
	union   []*schema      // branches
	size    int            // of a fixed

	minSize int // bytes of the shortest datum
	depth   int // of nested types that are not primitive
	weight  int // fields and branches, named types counted wherever they are used
}

type schemaField struct {
	name       string
	aliases    []string
	typ        *schema
	hasDefault bool
}

// describe says what s is, for an error message.
func (s *schema) describe() string {
	switch {
	case s.name != "":
		return s.kind.String() + " " + s.name
	case s.logical != "":
		return s.kind.String() + " (" + s.logical + ")"
	case s.kind == typeUnion:
		text := "union of "
		for i, b := range s.union {
			if i > 0 {
				text += ", "
			}
			text += b.describe()
		}
		return text
	}
	return s.kind.String()
}

// measure fills in minSize, depth and weight from those of the parts.
func (s *schema) measure() {
	switch s.kind {
	case typeNull:
	case typeBoolean, typeInt, typeLong, typeBytes, typeString, typeEnum:
		s.minSize = 1
	case typeFloat:
		s.minSize = 4
	case typeDouble:
		s.minSize = 8
	case typeFixed:
		s.minSize = s.size
	case typeArray, typeMap:
		s.minSize, s.depth, s.weight = 1, s.items.depth+1, s.items.weight+1
	case typeUnion:
		s.minSize = math.MaxInt32
		for _, b := range s.union {
			s.minSize = min(s.minSize, b.minSize+1)
			s.depth = max(s.depth, b.depth)
			s.weight += b.weight + 1
		}
		s.depth++
	case typeRecord:
		for _, f := range s.fields {
			s.minSize += f.typ.minSize
			s.depth = max(s.depth, f.typ.depth)
			s.weight += f.typ.weight + 1
		}
		s.depth++
	}
}
