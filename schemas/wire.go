package schemas

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Wire is how the bytes of a datum are framed in a Kafka record.
type Wire uint8

// The wire formats.
const (
	Confluent    Wire = iota // a zero byte, the registry's schema id in four bytes big-endian, the datum
	SingleObject             // C3 01, the schema's CRC-64-AVRO in eight bytes little-endian, the datum
	Bare                     // the datum alone; the schema comes from a file
)

// String returns the name that the configuration uses.
func (w Wire) String() string { return nameOf("wire", wireNames, uint8(w)) }

// MarshalText returns the name that the configuration uses.
func (w Wire) MarshalText() ([]byte, error) { return marshalName("wire", wireNames, uint8(w)) }

// UnmarshalText accepts confluent, single-object and bare.
func (w *Wire) UnmarshalText(b []byte) error {
	return unmarshalName((*uint8)(w), "wire", wireNames, b)
}

const (
	confluentHeader    = 5
	singleObjectHeader = 10
)

// Framing is what stands before a datum; nil for Bare. Append it, then the datum.
type Framing []byte

// SingleObjectFraming returns the framing of one of our own records.
func SingleObjectFraming(record RecordKind) Framing {
	return binary.LittleEndian.AppendUint64(Framing{0xC3, 0x01}, record.Fingerprint())
}

// ConfluentFraming returns the framing of a datum whose schema the registry knows by id.
func ConfluentFraming(id uint32) Framing {
	return binary.BigEndian.AppendUint32(Framing{0}, id)
}

// Split takes b apart. schema is the registry's id for Confluent, the
// fingerprint for SingleObject and 0 for Bare; payload aliases b. The error
// wraps ErrWire.
func Split(wire Wire, b []byte) (schema uint64, payload []byte, err error) {
	switch wire {
	case Confluent:
		if len(b) < confluentHeader || b[0] != 0 {
			return 0, nil, wireError(wire, b, "a zero byte and four bytes of schema id")
		}
		return uint64(binary.BigEndian.Uint32(b[1:])), b[confluentHeader:], nil
	case SingleObject:
		if len(b) < singleObjectHeader || b[0] != 0xC3 || b[1] != 0x01 {
			return 0, nil, wireError(wire, b, "C3 01 and eight bytes of fingerprint")
		}
		return binary.LittleEndian.Uint64(b[2:]), b[singleObjectHeader:], nil
	case Bare:
		return 0, b, nil
	}
	return 0, nil, fmt.Errorf("%w: %s", ErrWire, wire)
}

// wireError shows how b begins and what it looks like.
func wireError(wire Wire, b []byte, want string) error {
	hint := ""
	switch {
	case len(b) == 0:
		hint = ", an empty value"
	case wire != Confluent && len(b) >= confluentHeader && b[0] == 0:
		hint = ", it may be confluent"
	case wire != SingleObject && len(b) >= singleObjectHeader && b[0] == 0xC3 && b[1] == 0x01:
		hint = ", it looks like single-object"
	}
	return fmt.Errorf("%w: %d bytes that begin with [% X] are not %s (%s)%s", ErrWire, len(b), b[:min(len(b), 5)], wire, want, hint)
}

// OwnPayload returns the datum of one of our own records in either framing,
// aliasing b. A single-object one must carry the fingerprint of that record, or
// of an earlier version that only lacks fields at its end; of a Confluent one
// the id is taken on trust, since the topic is ours. The error wraps ErrWire or
// ErrUnknownSchema.
func OwnPayload(b []byte, record RecordKind) ([]byte, error) {
	if len(b) > 0 && b[0] == 0 {
		_, payload, err := Split(Confluent, b)
		return payload, err
	}
	fp, payload, err := Split(SingleObject, b)
	if err != nil {
		return nil, err
	}
	if fp != record.Fingerprint() && !slices.Contains(earlier(record), fp) {
		return nil, fmt.Errorf("%w: fingerprint %016x is not that of a %s (%016x); was the topic written by another version of hindsight?",
			ErrUnknownSchema, fp, record, record.Fingerprint())
	}
	return payload, nil
}
