package schemas

import (
	"encoding/binary"
	"math"
)

// maxBlock is the largest number of items that one block of an array or map may
// hold, read or written.
const maxBlock = 65_536

// readLong reads a zigzag varint of at most ten bytes at b[pos:]. A negative
// position in return says that it is cut short or too long.
func readLong(b []byte, pos int) (v int64, next int) {
	var u uint64
	for i := range 10 {
		if pos+i >= len(b) {
			return 0, -1
		}
		c := b[pos+i]
		if c < 0x80 {
			if i == 9 && c > 1 {
				return 0, -1
			}
			u |= uint64(c) << (7 * i)
			return int64(u>>1) ^ -int64(u&1), pos + i + 1
		}
		u |= uint64(c&0x7f) << (7 * i)
	}
	return 0, -1
}

// readInt is readLong for 32 bits: at most five bytes.
func readInt(b []byte, pos int) (v int32, next int) {
	var u uint32
	for i := range 5 {
		if pos+i >= len(b) {
			return 0, -1
		}
		c := b[pos+i]
		if c < 0x80 {
			if i == 4 && c > 0x0f {
				return 0, -1
			}
			u |= uint32(c) << (7 * i)
			return int32(u>>1) ^ -int32(u&1), pos + i + 1
		}
		u |= uint32(c&0x7f) << (7 * i)
	}
	return 0, -1
}

// readBytes reads the bounds of a length-prefixed run: b[start:next]. A negative
// next says that the length is malformed or reaches past the end.
func readBytes(b []byte, pos int) (start, next int) {
	n, start := readLong(b, pos)
	if start < 0 || n < 0 || n > int64(len(b)-start) {
		return 0, -1
	}
	return start, start + int(n)
}

// readBlock reads the head of a block of an array or map whose items take at
// least minItem bytes. A count of 0 ends the array or map. size is the length of
// the block in bytes where the writer gave it, else -1. A negative next says
// that the head is malformed or promises more than b can hold.
func readBlock(b []byte, pos, minItem int) (count, size, next int) {
	n, next := readLong(b, pos)
	if next < 0 {
		return 0, -1, -1
	}
	bytes := int64(-1)
	if n < 0 {
		if n == math.MinInt64 {
			return 0, -1, -1
		}
		n = -n
		if bytes, next = readLong(b, next); next < 0 || bytes < 0 || bytes > int64(len(b)-next) {
			return 0, -1, -1
		}
	}
	if n > maxBlock || n*int64(minItem) > int64(len(b)-next) {
		return 0, -1, -1
	}
	return int(n), int(bytes), next
}

// readFixed returns the n bytes at pos and the position after them, -1 where they are cut short.
func readFixed(b []byte, pos, n int) ([]byte, int) {
	if len(b)-pos < n {
		return nil, -1
	}
	return b[pos : pos+n : pos+n], pos + n
}

func readDouble(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }

func readFloat(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

func appendLong(dst []byte, v int64) []byte {
	u := uint64(v)<<1 ^ uint64(v>>63)
	if u < 0x80 {
		return append(dst, byte(u))
	}
	return binary.AppendUvarint(dst, u)
}

func appendDouble(dst []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
}

func appendString(dst []byte, v string) []byte { return append(appendLong(dst, int64(len(v))), v...) }

func appendBytes(dst, v []byte) []byte { return append(appendLong(dst, int64(len(v))), v...) }

func appendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// appendInstant writes i where the schema says timestamp-micros.
func appendInstant(dst []byte, i Instant) []byte { return appendLong(dst, int64(i)) }

// appendInstantOrNull writes i where the schema says null or timestamp-micros;
// Beginning is null.
func appendInstantOrNull(dst []byte, i Instant) []byte {
	if i == Beginning {
		return append(dst, 0)
	}
	return appendLong(append(dst, 2), int64(i))
}

// appendItem writes the head of a block before item i of n, where one is due.
func appendItem(dst []byte, i, n int) []byte {
	if i%maxBlock == 0 {
		return appendLong(dst, int64(min(n-i, maxBlock)))
	}
	return dst
}

// appendEnd closes an array or map.
func appendEnd(dst []byte) []byte { return append(dst, 0) }

func appendDoubles(dst []byte, vs []float64) []byte {
	for i, v := range vs {
		dst = appendDouble(appendItem(dst, i, len(vs)), v)
	}
	return appendEnd(dst)
}

func appendStrings(dst []byte, vs []string) []byte {
	for i, v := range vs {
		dst = appendString(appendItem(dst, i, len(vs)), v)
	}
	return appendEnd(dst)
}
