package labels

import (
	"encoding/binary"
	"math"

	"hindsight/schemas"
)

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendInt(dst []byte, n int64) []byte { return binary.AppendVarint(dst, n) }

func appendFloat(dst []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(f))
}

// decoder reads what the append functions wrote. It reads from a string so
// that all texts of a value share one allocation. After the first fault it
// returns zero values, and bad stays set.
type decoder struct {
	rest string
	bad  bool
}

func (d *decoder) int() int64 {
	u := d.uint()
	return int64(u>>1) ^ -int64(u&1)
}

func (d *decoder) uint() (u uint64) {
	for i := 0; i < len(d.rest) && i < binary.MaxVarintLen64; i++ {
		c := d.rest[i]
		u |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return u
		}
	}
	d.fault()
	return 0
}

func (d *decoder) take(n uint64) string {
	if n > uint64(len(d.rest)) {
		d.fault()
		return ""
	}
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) text() string { return d.take(d.uint()) }

func (d *decoder) byte() byte {
	if s := d.take(1); s != "" {
		return s[0]
	}
	return 0
}

func (d *decoder) float() float64 {
	s := d.take(8)
	if s == "" {
		return 0
	}
	var u uint64
	for i := range 8 {
		u = u<<8 | uint64(s[i])
	}
	return math.Float64frombits(u)
}

// list reads the length of a list whose elements take at least size bytes.
func (d *decoder) list(size int) int {
	n := d.uint()
	if n > uint64(len(d.rest)/size) {
		d.fault()
		return 0
	}
	return int(n)
}

func (d *decoder) instant() schemas.Instant { return schemas.Instant(d.int()) }

func (d *decoder) fault() { d.bad, d.rest = true, "" }

// ok reports whether everything was read and nothing was wrong.
func (d *decoder) ok() bool { return !d.bad && d.rest == "" }

// appendScore appends what the join needs of a score: all but its id, wall
// clock and probabilities of several classes.
func appendScore(dst []byte, s *schemas.Score) []byte {
	dst = appendInt(dst, int64(s.EventTime))
	dst = appendInt(dst, int64(s.Arrival-s.EventTime))
	dst = appendInt(dst, int64(s.SourcePartition))
	dst = appendInt(dst, s.SourceOffset)
	dst = appendText(dst, s.Model)
	dst = appendText(dst, s.Version)
	dst = appendFloat(dst, s.Value)
	dst = appendText(dst, s.Prediction)
	dst = appendText(dst, s.Positive)
	dst = binary.AppendUvarint(dst, uint64(len(s.Segments)))
	for _, x := range s.Segments {
		dst = appendText(appendText(dst, x.Field), x.Value)
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.Bins)))
	dst = append(dst, s.Bins...)
	dst = binary.AppendUvarint(dst, uint64(len(s.Challengers)))
	for i := range s.Challengers {
		dst = appendAnswer(dst, &s.Challengers[i])
	}
	return dst
}

func appendAnswer(dst []byte, a *schemas.Answer) []byte {
	dst = appendText(appendText(dst, a.Model), a.Version)
	dst = appendFloat(dst, a.Value)
	dst = binary.AppendUvarint(dst, uint64(len(a.Probabilities)))
	for _, p := range a.Probabilities {
		dst = appendFloat(dst, p)
	}
	return appendText(dst, a.Prediction)
}

// score reads what appendScore wrote into s, whose lists it reuses.
func (d *decoder) score(s *schemas.Score) {
	s.EventTime = d.instant()
	s.Arrival = s.EventTime + d.instant()
	s.SourcePartition = int32(d.int())
	s.SourceOffset = d.int()
	s.Model = d.text()
	s.Version = d.text()
	s.Value = d.float()
	s.Prediction = d.text()
	s.Positive = d.text()
	s.Segments = s.Segments[:0]
	for range d.list(2) {
		s.Segments = append(s.Segments, schemas.Segment{Field: d.text(), Value: d.text()})
	}
	s.Bins = append(s.Bins[:0], d.text()...)
	s.Challengers = s.Challengers[:0]
	for range d.list(12) {
		a := schemas.Answer{Model: d.text(), Version: d.text(), Value: d.float()}
		for range d.list(8) {
			a.Probabilities = append(a.Probabilities, d.float())
		}
		a.Prediction = d.text()
		s.Challengers = append(s.Challengers, a)
	}
}
