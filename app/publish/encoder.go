package publish

import (
	"encoding/binary"
	"fmt"
	"math"

	"hindsight/schemas"
)

// Encoder turns rows into the values of records.
type Encoder struct {
	schema  *Schema
	framing schemas.Framing
}

// NewEncoder frames values for a wire; id is the schema's in the registry,
// which only Confluent needs.
func NewEncoder(schema *Schema, wire schemas.Wire, id int) (*Encoder, error) {
	e := &Encoder{schema: schema}
	switch wire {
	case schemas.Confluent:
		if id < 0 || int64(id) > math.MaxInt32 {
			return nil, fmt.Errorf("schema id %d: the registry gives ids from 0 to %d", id, math.MaxInt32)
		}
		e.framing = schemas.ConfluentFraming(uint32(id))
	case schemas.SingleObject:
		fingerprint, err := schemas.Fingerprint(schema.text)
		if err != nil {
			return nil, fmt.Errorf("schema %s: %w", schema.Name(), err)
		}
		e.framing = binary.LittleEndian.AppendUint64(schemas.Framing{0xC3, 0x01}, fingerprint)
	case schemas.Bare:
	default:
		return nil, fmt.Errorf("schema %s: there is no %s", schema.Name(), wire)
	}
	return e, nil
}

// Schema returns the schema that values are encoded by.
func (e *Encoder) Schema() *Schema { return e.schema }

// Append appends a row in goavro's native form to dst.
func (e *Encoder) Append(dst []byte, value map[string]any) ([]byte, error) {
	out, err := e.schema.codec.BinaryFromNative(append(dst, e.framing...), value)
	if err != nil {
		return dst, fmt.Errorf("encode %s: %w", e.schema.Name(), err)
	}
	return out, nil
}
