package schemas

import "encoding/binary"

// run executes the program from pc until an opEnd, on the datum b from pos on,
// and returns the position after it. What is frequent stands here; the rest is
// in runSkip and runValue. It calls itself for the items of arrays and maps, as
// deep as types are nested.
func (p *Projection) run(pc int, b []byte, pos int, row *Row) (int, error) {
	mark := 0
	for {
		o := &p.ops[pc]
		pc++
		start := pos
		switch o.code {
		case opEnd:
			return pos, nil
		case opDoubles:
			if int(o.n)*8 > len(b)-pos {
				return 0, p.bad(pc, pos, "%d bytes of double wanted, %d left", int(o.n)*8, len(b)-pos)
			}
			for _, slot := range p.slots[o.arg:][:o.n] {
				row.Numbers[slot] = readDouble(b[pos:])
				pos += 8
			}
		case opText:
			var at int
			if at, pos = readBytes(b, pos); pos < 0 {
				return 0, p.bad(pc, start, "text is cut short")
			}
			row.Texts[o.slot] = b[at:pos:pos]
		case opNumberInt:
			var v int32
			if v, pos = readInt(b, pos); pos < 0 {
				return 0, p.bad(pc, start, "int is cut short or too long")
			}
			row.Numbers[o.slot] = float64(v)
		case opNumberLong, opTimeMillis, opTimeMicros:
			var v int64
			if v, pos = readLong(b, pos); pos < 0 {
				return 0, p.bad(pc, start, "long is cut short or too long")
			}
			if o.code == opNumberLong {
				row.Numbers[o.slot] = float64(v)
				continue
			}
			scale := int64(1)
			if o.code == opTimeMillis {
				scale = 1000
			}
			if !row.setTime(o.slot, v, scale) {
				return 0, p.bad(pc, start, "time %d is out of range", v)
			}
		case opNumberFloat:
			if len(b)-pos < 4 {
				return 0, p.bad(pc, pos, "float is cut short")
			}
			row.Numbers[o.slot] = float64(readFloat(b[pos:]))
			pos += 4
		case opNumberBool:
			if pos >= len(b) || b[pos] > 1 {
				return 0, p.bad(pc, pos, "boolean is cut short or neither 0 nor 1")
			}
			row.Numbers[o.slot] = float64(b[pos])
			pos++
		case opUnion:
			var branch int32
			if branch, pos = readInt(b, pos); pos < 0 || branch < 0 || branch >= o.n {
				return 0, p.bad(pc, start, "union branch %d of %d, or cut short", branch, o.n)
			}
			pc = int(p.jumps[o.arg+branch])
		case opJump:
			pc = int(o.arg)
		case opMark:
			mark = pos
		case opBack:
			pos = mark
		case opDefault:
			row.set(FieldType(o.n), int(o.slot), p.values[o.arg])
		case opFault:
			return 0, p.bad(pc, pos, "%s", p.faults[o.arg])
		default:
			var err error
			if o.code <= opMap {
				pos, pc, err = p.runSkip(o, pc, b, pos, row)
			} else {
				pos, err = p.runValue(o, pc, b, pos, row)
			}
			if err != nil {
				return 0, err
			}
		}
	}
}

// setTime stores v units of so many microseconds; false: out of range.
func (row *Row) setTime(slot int32, v, micros int64) bool {
	t := v * micros
	if t/micros != v || Instant(t) == Beginning || Instant(t) == Forever {
		return false
	}
	row.Times[slot] = Instant(t)
	return true
}

// appendUUID writes 16 bytes as 8-4-4-4-12 hexadecimal digits.
func appendUUID(dst, b []byte) []byte {
	const digits = "0123456789abcdef"
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}

// unscaled returns the two's-complement big-endian number in b, and whether it fits 64 bits.
func unscaled(b []byte) (int64, bool) {
	b = trimSign(b)
	if len(b) > 8 {
		return 0, false
	}
	var buf [8]byte
	if len(b) > 0 && b[0] >= 0x80 {
		buf = [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	}
	copy(buf[8-len(b):], b)
	return int64(binary.BigEndian.Uint64(buf[:])), true
}

// trimSign drops leading bytes that only repeat the sign.
func trimSign(b []byte) []byte {
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return b
}
