package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// The names stand in logs, JSON, metrics and, as symbols in this order, in the
// Avro schemas. A symbol may be appended, never moved.
var (
	kindNames        = []string{"none", "matched", "assumed", "unlabelled", "duplicate"}
	fateNames        = []string{"none", "used", "duplicate", "revision", "conflict", "orphan", "too_late", "dead_letter"}
	clockNames       = []string{"event", "label"}
	windowStateNames = []string{"provisional", "mature", "final"}
	alarmStateNames  = []string{"unknown", "ok", "pending", "firing", "resolved"}
	wireNames        = []string{"confluent", "single-object", "bare"}
	fieldTypeNames   = []string{"number", "text", "time"}
)

// String returns the Avro symbol.
func (k Kind) String() string { return nameOf("kind", kindNames, uint8(k)) }

// MarshalText returns the Avro symbol, or an error for a value that has none.
func (k Kind) MarshalText() ([]byte, error) { return marshalName("kind", kindNames, uint8(k)) }

// UnmarshalText accepts the Avro symbols.
func (k *Kind) UnmarshalText(b []byte) error {
	return unmarshalName((*uint8)(k), "kind", kindNames, b)
}

// String returns the Avro symbol.
func (f Fate) String() string { return nameOf("fate", fateNames, uint8(f)) }

// MarshalText returns the Avro symbol, or an error for a value that has none.
func (f Fate) MarshalText() ([]byte, error) { return marshalName("fate", fateNames, uint8(f)) }

// UnmarshalText accepts the Avro symbols.
func (f *Fate) UnmarshalText(b []byte) error {
	return unmarshalName((*uint8)(f), "fate", fateNames, b)
}

// String returns the Avro symbol.
func (c Clock) String() string { return nameOf("clock", clockNames, uint8(c)) }

// MarshalText returns the Avro symbol, or an error for a value that has none.
func (c Clock) MarshalText() ([]byte, error) { return marshalName("clock", clockNames, uint8(c)) }

// UnmarshalText accepts the Avro symbols.
func (c *Clock) UnmarshalText(b []byte) error {
	return unmarshalName((*uint8)(c), "clock", clockNames, b)
}

// String returns the Avro symbol.
func (s WindowState) String() string { return nameOf("window state", windowStateNames, uint8(s)) }

// MarshalText returns the Avro symbol, or an error for a value that has none.
func (s WindowState) MarshalText() ([]byte, error) {
	return marshalName("window state", windowStateNames, uint8(s))
}

// UnmarshalText accepts the Avro symbols.
func (s *WindowState) UnmarshalText(b []byte) error {
	return unmarshalName((*uint8)(s), "window state", windowStateNames, b)
}

// String returns the Avro symbol.
func (s AlarmState) String() string { return nameOf("alarm state", alarmStateNames, uint8(s)) }

// MarshalText returns the Avro symbol, or an error for a value that has none.
func (s AlarmState) MarshalText() ([]byte, error) {
	return marshalName("alarm state", alarmStateNames, uint8(s))
}

// UnmarshalText accepts the Avro symbols.
func (s *AlarmState) UnmarshalText(b []byte) error {
	return unmarshalName((*uint8)(s), "alarm state", alarmStateNames, b)
}

func nameOf(what string, names []string, v uint8) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", what, v)
}

func marshalName(what string, names []string, v uint8) ([]byte, error) {
	if int(v) >= len(names) {
		return nil, fmt.Errorf("%s %d has no name", what, v)
	}
	return []byte(names[v]), nil
}

func unmarshalName(dst *uint8, what string, names []string, b []byte) error {
	i := slices.Index(names, string(b))
	if i < 0 {
		return fmt.Errorf("%s %q: want one of %s", what, b, strings.Join(names, ", "))
	}
	*dst = uint8(i)
	return nil
}
