package schemas

import (
	"math"
	"math/big"
	"strconv"
)

// runValue executes the op before pc, one of the less frequent readings, and
// returns the position after the value.
func (p *Projection) runValue(o *op, pc int, b []byte, pos int, row *Row) (int, error) {
	start := pos
	var v int64
	var raw []byte
	switch o.code { // read
	case opTimeNanos, opTextLong:
		v, pos = readLong(b, pos)
	case opTimeDate, opTextInt, opTextEnum:
		var v32 int32
		v32, pos = readInt(b, pos)
		v = int64(v32)
	case opTextBool:
		raw, pos = readFixed(b, pos, 1)
	case opTextFloat:
		raw, pos = readFixed(b, pos, 4)
	case opTextDouble:
		raw, pos = readFixed(b, pos, 8)
	case opTextUUID:
		raw, pos = readFixed(b, pos, 16)
	case opTextFixed, opNumberDecimalFixed, opTextDecimalFixed:
		raw, pos = readFixed(b, pos, int(o.arg))
	case opTimeString, opNumberDecimal, opTextDecimal:
		var at int
		if at, pos = readBytes(b, pos); pos >= 0 {
			raw = b[at:pos]
		}
	}
	if pos < 0 {
		return 0, p.bad(pc, start, "a value is cut short or too long")
	}
	switch o.code { // store
	case opTimeNanos:
		row.Times[o.slot] = floorMicros(v)
	case opTimeDate:
		if !row.setTime(o.slot, v, 86_400_000_000) {
			return 0, p.bad(pc, start, "date %d is out of range", v)
		}
	case opTimeString:
		if len(raw) == 0 {
			break
		}
		var ok bool
		if row.Times[o.slot], ok = parseInstant(raw); !ok {
			return 0, p.bad(pc, start, "%q is not a time; want 2026-11-23T08:15:00Z or 2026-11-23 08:15:00", cut(string(raw)))
		}
	case opTextEnum:
		symbols := p.symbols[o.arg]
		if v < 0 || v >= int64(len(symbols)) {
			return 0, p.bad(pc, start, "enum symbol %d of %d", v, len(symbols))
		}
		row.Texts[o.slot] = symbols[v]
	case opTextFixed:
		row.Texts[o.slot] = raw
	case opTextBool:
		if raw[0] > 1 {
			return 0, p.bad(pc, start, "boolean is neither 0 nor 1")
		}
		row.keep(o.slot, append(row.scratch, '0'+raw[0]))
	case opTextInt, opTextLong:
		var buf [24]byte // canonical text has an exponent where digits end in many zeros
		row.keep(o.slot, appendCanonicalText(row.scratch, strconv.AppendInt(buf[:0], v, 10)))
	case opTextFloat:
		row.keepFloat(o.slot, float64(readFloat(raw)), 32)
	case opTextDouble:
		row.keepFloat(o.slot, readDouble(raw), 64)
	case opTextUUID:
		row.keep(o.slot, appendUUID(row.scratch, raw))
	default: // decimals
		var buf [40]byte
		text, ok := appendDecimal(buf[:0], raw, int(o.n))
		if !ok {
			return 0, p.bad(pc, start, "decimal of %d bytes, at most %d are read", len(raw), maxDecimal)
		}
		if o.code == opTextDecimal || o.code == opTextDecimalFixed {
			row.keep(o.slot, appendCanonicalText(row.scratch, text))
			break
		}
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil && !math.IsInf(f, 0) {
			return 0, p.bad(pc, start, "decimal: %v", err)
		}
		row.Numbers[o.slot] = f
	}
	return pos, nil
}

// keep makes what was appended to the scratch the text in slot.
func (row *Row) keep(slot int32, scratch []byte) {
	n := len(row.scratch)
	row.scratch = scratch
	row.Texts[slot] = scratch[n:len(scratch):len(scratch)]
}

func (row *Row) keepFloat(slot int32, v float64, bits int) {
	if !math.IsNaN(v) {
		row.keep(slot, appendCanonicalFloat(row.scratch, v, bits))
	}
}

// floorMicros rounds nanoseconds down to microseconds.
func floorMicros(nanos int64) Instant {
	micros := nanos / 1000
	if nanos%1000 < 0 {
		micros--
	}
	return Instant(micros)
}

// maxDecimal is the most bytes of a decimal, about 308 digits.
const maxDecimal = 128

// appendDecimal writes the decimal with that two's-complement number and scale
// as digits and exponent; false: it is too long.
func appendDecimal(dst, raw []byte, scale int) ([]byte, bool) {
	if v, ok := unscaled(raw); ok {
		dst = strconv.AppendInt(dst, v, 10)
	} else {
		raw = trimSign(raw)
		if len(raw) > maxDecimal {
			return nil, false
		}
		n := new(big.Int).SetBytes(raw)
		if raw[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(raw))*8))
		}
		dst = n.Append(dst, 10)
	}
	return strconv.AppendInt(append(dst, "e-"...), int64(scale), 10), true
}
