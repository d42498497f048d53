package schemas

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/linkedin/goavro/v2"
)

// schemaMaker invents Avro schemas.
type schemaMaker struct {
	rng   *rand.Rand
	count int
	named []string // complete types, free to be used again
}

// randomSchema returns an admissible record schema that goavro takes too.
func randomSchema(t *testing.T, rng *rand.Rand) (string, *schema, *goavro.Codec) {
	t.Helper()
	for {
		m := schemaMaker{rng: rng}
		root := m.record(3)
		root["namespace"] = "t"
		text, err := json.Marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		s, err := parseSchema(string(text))
		if err != nil {
			continue // items without bytes, two branches of one kind
		}
		codec, err := NewCodec(string(text))
		if err != nil {
			t.Fatalf("goavro refuses %s: %v", text, err)
		}
		return string(text), s, codec
	}
}

func (m *schemaMaker) name(prefix string) string {
	m.count++
	return fmt.Sprintf("%s%d", prefix, m.count)
}

func (m *schemaMaker) record(depth int) map[string]any {
	name := m.name("R")
	fields := []any{}
	for i := range m.rng.IntN(7) {
		fields = append(fields, map[string]any{"name": fmt.Sprintf("f%d", i), "type": m.typ(depth - 1)})
	}
	m.named = append(m.named, name)
	return map[string]any{"type": "record", "name": name, "fields": fields}
}

func (m *schemaMaker) typ(depth int) any {
	logical := func(base, name string) any { return map[string]any{"type": base, "logicalType": name} }
	decimals := map[string]any{"logicalType": "decimal", "precision": 30, "scale": m.rng.IntN(12)}
	n := 26
	if depth <= 0 {
		n = 20
	}
	switch k := m.rng.IntN(n); k {
	case 0, 1, 2, 3, 4, 5, 6, 7:
		return []string{"boolean", "int", "long", "float", "double", "double", "bytes", "string"}[k]
	case 8:
		return "null"
	case 9:
		return logical("long", []string{"timestamp-millis", "timestamp-micros", "timestamp-nanos"}[m.rng.IntN(3)])
	case 10:
		return logical("long", []string{"local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos"}[m.rng.IntN(3)]) // goavro overflows on time-micros
	case 11:
		return logical("int", []string{"date", "time-millis"}[m.rng.IntN(2)])
	case 12:
		decimals["type"] = "bytes"
		return decimals
	case 13:
		decimals["type"], decimals["name"], decimals["size"] = "fixed", m.name("D"), 1+m.rng.IntN(20)
		return decimals
	case 14:
		return map[string]any{"type": "enum", "name": m.name("E"), "symbols": []any{"A", "B", "C"}[:1+m.rng.IntN(3)]}
	case 15:
		return map[string]any{"type": "fixed", "name": m.name("F"), "size": 1 + m.rng.IntN(20)}
	case 16:
		return map[string]any{"type": "fixed", "name": m.name("U"), "size": 16, "logicalType": "uuid"}
	case 17, 18:
		branches := []any{"null"}
		for range 1 + m.rng.IntN(3) {
			branches = append(branches, m.typ(0))
		}
		m.rng.Shuffle(len(branches), func(i, j int) { branches[i], branches[j] = branches[j], branches[i] })
		return branches
	case 19:
		if len(m.named) > 0 {
			return m.named[m.rng.IntN(len(m.named))]
		}
		return "string"
	case 20:
		return map[string]any{"type": "array", "items": m.typ(depth - 1)}
	case 21:
		return map[string]any{"type": "map", "values": m.typ(depth - 1)}
	case 22:
		return []any{m.record(depth), "null", m.record(depth)}
	case 23:
		return []any{m.typ(depth - 1), "null"}
	default:
		return m.record(depth)
	}
}

// randomDatum appends one datum of s, in one of its encodings.
func randomDatum(rng *rand.Rand, s *schema, dst []byte) []byte {
	switch s.kind {
	case typeBoolean:
		return append(dst, byte(rng.IntN(2)))
	case typeInt:
		return binary.AppendVarint(dst, int64(int32(randomLong(rng))))
	case typeLong:
		return binary.AppendVarint(dst, randomLong(rng)>>rng.IntN(16))
	case typeFloat:
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(randomDouble(rng))))
	case typeDouble:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(randomDouble(rng)))
	case typeBytes, typeString:
		text := randomText(rng)
		if rng.IntN(3) == 0 {
			text = []string{"2026-11-23T08:15:00.25+01:00", "1969-12-31 23:59:59.9999999", "", "1.0"}[rng.IntN(4)]
		}
		return append(binary.AppendVarint(dst, int64(len(text))), text...)
	case typeEnum:
		return binary.AppendVarint(dst, int64(rng.IntN(len(s.symbols))))
	case typeFixed:
		for range s.size {
			dst = append(dst, byte(rng.Uint32()>>rng.IntN(9)))
		}
		return dst
	case typeUnion:
		i := rng.IntN(len(s.union))
		return randomDatum(rng, s.union[i], binary.AppendVarint(dst, int64(i)))
	case typeRecord:
		for _, f := range s.fields {
			dst = randomDatum(rng, f.typ, dst)
		}
		return dst
	case typeArray, typeMap:
		for block := range rng.IntN(3) {
			n := 1 + rng.IntN(3)
			var items []byte
			for i := range n {
				if s.kind == typeMap {
					key := fmt.Sprint(block, i)
					items = append(binary.AppendVarint(items, int64(len(key))), key...)
				}
				items = randomDatum(rng, s.items, items)
			}
			if rng.IntN(2) == 0 {
				dst = binary.AppendVarint(dst, int64(n))
			} else {
				dst = binary.AppendVarint(binary.AppendVarint(dst, int64(-n)), int64(len(items)))
			}
			dst = append(dst, items...)
		}
		return append(dst, 0)
	}
	return dst
}

// What the dull walker may find wrong.
var (
	errShort = errors.New("wrong for everybody")
	errLax   = errors.New("wrong for us, right for goavro")
)

// walk is the dull reference for which data are well-formed: it follows the
// specification with the strictness that Projection documents.
func walk(s *schema, b []byte) (rest []byte, err error) {
	long := func(bits int) (v int64) {
		if err != nil {
			return 0
		}
		u, n := binary.Uvarint(b)
		switch {
		case n == 0:
			err = errShort
		case n < 0 || bits == 32 && (n > 5 || u > math.MaxUint32):
			err = errLax
		default:
			b = b[n:]
		}
		return int64(u>>1) ^ -int64(u&1)
	}
	take := func(n int64) []byte {
		if err == nil && (n < 0 || n > int64(len(b))) {
			err = errShort
		}
		if err != nil {
			return []byte{0}
		}
		taken := b[:n]
		b = b[n:]
		return taken
	}
	switch s.kind {
	case typeBoolean:
		if take(1)[0] > 1 {
			err = errShort
		}
	case typeInt:
		long(32)
	case typeLong:
		long(64)
	case typeFloat, typeDouble, typeFixed:
		take(int64(s.minSize))
	case typeBytes, typeString:
		take(long(64))
	case typeEnum:
		if i := long(32); err == nil && (i < 0 || i >= int64(len(s.symbols))) {
			err = errShort
		}
	case typeUnion:
		i := long(32)
		if err == nil && (i < 0 || i >= int64(len(s.union))) {
			err = errShort
		}
		if err == nil {
			b, err = walk(s.union[i], b)
		}
	case typeRecord:
		for _, f := range s.fields {
			if err == nil {
				b, err = walk(f.typ, b)
			}
		}
	case typeArray, typeMap:
		for err == nil {
			n, size := long(64), int64(-1)
			if n < 0 && err == nil {
				n = -n
				if size = long(64); err == nil && (size < 0 || size > int64(len(b))) {
					err = errLax
				}
			}
			if err == nil && (n > maxBlock || n < 0) {
				err = errShort
			}
			if n == 0 || err != nil {
				break
			}
			before := len(b)
			for i := int64(0); i < n && err == nil; i++ {
				if s.kind == typeMap {
					take(long(64))
				}
				if err == nil {
					b, err = walk(s.items, b)
				}
			}
			if err == nil && size >= 0 && int64(before-len(b)) != size {
				err = errLax
			}
		}
	}
	return b, err
}

// mutate damages a copy of b a little.
func mutate(rng *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + rng.IntN(3) {
		if len(b) == 0 {
			return append(b, byte(rng.Uint32()))
		}
		i := rng.IntN(len(b))
		switch rng.IntN(4) {
		case 0:
			b = b[:i]
		case 1:
			b = append(b, b[i:]...)
		case 2:
			b[i] = byte(rng.Uint32())
		default:
			b[i] ^= 1 << rng.IntN(8)
		}
	}
	return b
}
