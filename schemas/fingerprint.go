package schemas

import (
	"strconv"
)

// crcEmpty is the fingerprint of no bytes, and the polynomial of CRC-64-AVRO.
const crcEmpty = 0xc15d213aa4d7a795

// Fingerprint returns the CRC-64-AVRO of the parsing canonical form of an
// admissible schema (Avro 1.12 specification, "Schema Fingerprints"). goavro's
// Codec.Rabin differs from it for schemas with logical types or nested
// namespaces, which it does not bring to the canonical form. The error wraps
// ErrSchema.
func Fingerprint(schemaJSON string) (uint64, error) {
	s, err := parseSchema(schemaJSON)
	if err != nil {
		return 0, err
	}
	return s.fingerprint(), nil
}

// CanonicalSchema returns the parsing canonical form of an admissible schema:
// two schemas with the same one read the same bytes. The error wraps ErrSchema.
func CanonicalSchema(schemaJSON string) (string, error) {
	s, err := parseSchema(schemaJSON)
	if err != nil {
		return "", err
	}
	return string(s.appendCanonical(nil, map[string]bool{})), nil
}

func (s *schema) fingerprint() uint64 {
	return crc64Avro(s.appendCanonical(nil, map[string]bool{}))
}

func crc64Avro(b []byte) uint64 {
	fp := uint64(crcEmpty)
	for _, c := range b {
		fp ^= uint64(c)
		for range 8 {
			fp = fp>>1 ^ crcEmpty&-(fp&1)
		}
	}
	return fp
}

// appendCanonical needs no JSON quoting: names and symbols were checked.
func (s *schema) appendCanonical(dst []byte, seen map[string]bool) []byte {
	if s.kind.primitive() {
		return quoted(dst, s.kind.String())
	}
	if s.name != "" {
		if seen[s.name] {
			return quoted(dst, s.name)
		}
		seen[s.name] = true
		dst = quoted(append(dst, `{"name":`...), s.name)
		dst = quoted(append(dst, `,"type":`...), s.kind.String())
	}
	switch s.kind {
	case typeArray:
		dst = s.items.appendCanonical(append(dst, `{"type":"array","items":`...), seen)
		return append(dst, '}')
	case typeMap:
		dst = s.items.appendCanonical(append(dst, `{"type":"map","values":`...), seen)
		return append(dst, '}')
	case typeUnion:
		for i, b := range s.union {
			dst = b.appendCanonical(append(dst, "[,"[min(i, 1)]), seen)
		}
		return append(dst, ']')
	case typeRecord:
		dst = append(dst, `,"fields":[`...)
		for i, f := range s.fields {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = quoted(append(dst, `{"name":`...), f.name)
			dst = f.typ.appendCanonical(append(dst, `,"type":`...), seen)
			dst = append(dst, '}')
		}
		dst = append(dst, ']')
	case typeEnum:
		dst = append(dst, `,"symbols":`...)
		for i, symbol := range s.symbols {
			dst = quoted(append(dst, "[,"[min(i, 1)]), symbol)
		}
		dst = append(dst, ']')
	case typeFixed:
		dst = strconv.AppendInt(append(dst, `,"size":`...), int64(s.size), 10)
	}
	return append(dst, '}')
}

func quoted(dst []byte, s string) []byte { return append(append(append(dst, '"'), s...), '"') }
