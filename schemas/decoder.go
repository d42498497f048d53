package schemas

import "fmt"

// decoder reads one datum of our own records. The first fault sticks: what is
// read after it is zero and every array ends.
type decoder struct {
	b   []byte
	pos int
	err error
}

// finish returns the first fault, or that bytes are left over.
func (d *decoder) finish(record RecordKind) error {
	if d.err == nil && d.pos != len(d.b) {
		d.fail("%d bytes after the end", len(d.b)-d.pos)
	}
	if d.err != nil {
		return fmt.Errorf("%w: %s record, byte %d: %w", ErrDatum, record, d.pos, d.err)
	}
	return nil
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

func (d *decoder) long() int64 {
	if d.err != nil {
		return 0
	}
	v, next := readLong(d.b, d.pos)
	if next < 0 {
		d.fail("long is cut short or too long")
		return 0
	}
	d.pos = next
	return v
}

func (d *decoder) int() int32 {
	if d.err != nil {
		return 0
	}
	v, next := readInt(d.b, d.pos)
	if next < 0 {
		d.fail("int is cut short or too long")
		return 0
	}
	d.pos = next
	return v
}

func (d *decoder) double() float64 {
	if d.err != nil {
		return 0
	}
	if len(d.b)-d.pos < 8 {
		d.fail("double is cut short")
		return 0
	}
	d.pos += 8
	return readDouble(d.b[d.pos-8:])
}

func (d *decoder) bool() bool {
	if d.err != nil {
		return false
	}
	if d.pos >= len(d.b) || d.b[d.pos] > 1 {
		d.fail("boolean is cut short or neither 0 nor 1")
		return false
	}
	d.pos++
	return d.b[d.pos-1] == 1
}

// more reports whether fields follow. New ones are added at the end of a record
// only, so one that an earlier version wrote just ends before them.
func (d *decoder) more() bool { return d.err == nil && d.pos < len(d.b) }

// raw returns the bytes of a string or bytes, aliasing the input.
func (d *decoder) raw() []byte {
	if d.err != nil {
		return nil
	}
	start, next := readBytes(d.b, d.pos)
	if next < 0 {
		d.fail("string or bytes is cut short")
		return nil
	}
	d.pos = next
	return d.b[start:next]
}

// string copies a string; old is returned where it is the same, to spare the allocation.
func (d *decoder) string(old string) string {
	if b := d.raw(); string(b) != old {
		return string(b)
	}
	return old
}

// bytes copies into old's memory.
func (d *decoder) bytes(old []byte) []byte { return append(old[:0], d.raw()...) }

// enum reads the position of one of n symbols.
func (d *decoder) enum(n int) uint8 {
	v := d.int()
	if v < 0 || int(v) >= n {
		d.fail("enum symbol %d of %d", v, n)
		return 0
	}
	return uint8(v)
}

// present reads the branch of a union of null and something.
func (d *decoder) present() bool { return d.enum(2) == 1 }

func (d *decoder) instant() Instant { return Instant(d.long()) }

func (d *decoder) instantOrNull() Instant {
	if d.present() {
		return d.instant()
	}
	return Beginning
}

// blocks walks the blocks of an array or map: call next until it is false, and
// read one item after each true.
type blocks struct {
	d    *decoder
	left int // items of this block
	end  int // where the block ends by its own account, -1: not said
	min  int // bytes of the smallest item
}

func (d *decoder) blocks(minItem int) blocks { return blocks{d: d, end: -1, min: minItem} }

func (s *blocks) next() bool {
	d := s.d
	if d.err == nil && s.left == 0 {
		if s.end >= 0 && s.end != d.pos {
			d.fail("block ends %d bytes off its size", d.pos-s.end)
			return false
		}
		count, size, next := readBlock(d.b, d.pos, s.min)
		if next < 0 {
			d.fail("block is cut short or too large")
			return false
		}
		d.pos, s.left, s.end = next, count, -1
		if size >= 0 {
			s.end = next + size
		}
	}
	if d.err != nil || s.left == 0 {
		return false
	}
	s.left--
	return true
}

// grow lengthens s by one item, keeping what the item's own slices held of memory.
func grow[T any](s []T) ([]T, *T) {
	if len(s) < cap(s) {
		s = s[:len(s)+1]
	} else {
		var zero T
		s = append(s, zero)
	}
	return s, &s[len(s)-1]
}

func (d *decoder) doubles(old []float64) []float64 {
	old = old[:0]
	for s := d.blocks(8); s.next(); {
		old = append(old, d.double())
	}
	return old
}

func (d *decoder) strings(old []string) []string {
	old = old[:0]
	for s := d.blocks(1); s.next(); {
		var v *string
		old, v = grow(old)
		*v = d.string(*v)
	}
	return old
}
