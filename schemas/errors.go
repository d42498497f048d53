package schemas

import "errors"

// What can be wrong with a message. Reader and registry wrap these, so that a
// caller can tell, with errors.Is, a record for the dead letters (the first
// four) from a fault that passes (the last).
var (
	// ErrWire: the bytes do not have the framing of the configured wire format.
	ErrWire = errors.New("wrong framing")
	// ErrUnknownSchema: the framing names a schema that nobody knows.
	ErrUnknownSchema = errors.New("unknown schema")
	// ErrSchema: the writer's schema is refused, or cannot be projected onto the fields wanted.
	ErrSchema = errors.New("unusable schema")
	// ErrDatum: the bytes do not fit the writer's schema, or a value does not fit its field.
	ErrDatum = errors.New("bad datum")
	// ErrUnavailable: the schema registry gave no answer; try again later.
	ErrUnavailable = errors.New("schema registry unavailable")
)
