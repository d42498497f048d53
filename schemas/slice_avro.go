package schemas

import (
	"math"
	"time"
)

// AppendAvro appends x as slice.avsc says and allocates only to grow dst. The
// Width of a cell is kept in whole microseconds.
func (x *Slice) AppendAvro(dst []byte) []byte {
	dst = appendString(dst, x.Model)
	dst = appendLong(dst, int64(x.Partition))
	dst = appendLong(dst, int64(x.Partitions))
	dst = appendInstant(dst, x.Tick)
	dst = appendLong(dst, int64(x.Part))
	dst = appendBool(dst, x.More)
	for i := range x.Cells {
		dst = appendItem(dst, i, len(x.Cells))
		dst = x.Cells[i].appendAvro(dst)
	}
	dst = appendEnd(dst)
	dst = appendFates(dst, x.Fates)
	return appendWeights(dst, x.Cells)
}

// DecodeAvro reads what AppendAvro wrote, copies what it keeps and reuses the
// slices of x. The error wraps ErrDatum; after one the content of x is undefined.
func (x *Slice) DecodeAvro(b []byte) error {
	d := decoder{b: b}
	x.Model = d.string(x.Model)
	x.Partition = d.int()
	x.Partitions = d.int()
	x.Tick = d.instant()
	x.Part = d.int()
	x.More = d.bool()
	x.Cells = x.Cells[:0]
	for s := d.blocks(16); s.next(); {
		var c *Cell
		x.Cells, c = grow(x.Cells)
		c.decodeAvro(&d)
	}
	x.Fates = decodeFates(&d, x.Fates)
	decodeWeights(&d, x.Cells)
	return d.finish(SliceRecord)
}

func (c *Cell) appendAvro(dst []byte) []byte {
	dst = appendLong(dst, int64(c.Clock))
	dst = appendInstant(dst, c.Start)
	dst = appendLong(dst, c.Width.Microseconds())
	dst = appendString(dst, c.Version)
	dst = appendString(dst, c.Role)
	dst = appendString(dst, c.Segment)
	dst = appendLong(dst, c.Scored)
	dst = appendLong(dst, c.Unlabelled)
	dst = appendLong(dst, c.Assumed)
	for i := range c.Pairs {
		dst = appendItem(dst, i, len(c.Pairs))
		dst = appendString(dst, c.Pairs[i].Truth)
		dst = appendString(dst, c.Pairs[i].Prediction)
		dst = appendLong(dst, c.Pairs[i].N)
	}
	dst = appendEnd(dst)
	for i := range c.Histogram {
		dst = appendItem(dst, i, len(c.Histogram))
		dst = appendBool(dst, c.Histogram[i].Positive)
		dst = appendLong(dst, int64(c.Histogram[i].Bin))
		dst = appendLong(dst, c.Histogram[i].N)
	}
	dst = appendEnd(dst)
	dst = appendLong(dst, c.Lossy)
	dst = appendLong(dst, c.LossSum)
	dst = appendLong(dst, c.LossSquares)
	for i := range c.Delays {
		dst = appendItem(dst, i, len(c.Delays))
		dst = appendString(dst, c.Delays[i].Truth)
		dst = appendLong(dst, int64(c.Delays[i].Bin))
		dst = appendLong(dst, c.Delays[i].N)
	}
	dst = appendEnd(dst)
	return appendValues(dst, c.Values)
}

func appendValues(dst []byte, values []ValueBin) []byte {
	for i, v := range values {
		dst = appendItem(dst, i, len(values))
		dst = appendBool(dst, v.Labelled)
		dst = appendLong(dst, int64(v.Bin))
		dst = appendLong(dst, v.N)
	}
	return appendEnd(dst)
}

func decodeValues(d *decoder, values []ValueBin) []ValueBin {
	values = values[:0]
	for s := d.blocks(3); s.next(); {
		v := ValueBin{Labelled: d.bool()}
		bin := d.int()
		if bin < 0 || bin > math.MaxUint8 {
			d.fail("value bin %d is out of range", bin)
		}
		v.Bin, v.N = uint8(bin), d.long()
		values = append(values, v)
	}
	return values
}

func (d *decoder) width() time.Duration {
	micros := d.long()
	width := time.Duration(micros) * time.Microsecond
	if width.Microseconds() != micros {
		d.fail("width of %d microseconds is out of range", micros)
	}
	return width
}

func (c *Cell) decodeAvro(d *decoder) {
	c.Clock = Clock(d.enum(len(clockNames)))
	c.Start = d.instant()
	c.Width = d.width()
	c.Version = d.string(c.Version)
	c.Role = d.string(c.Role)
	c.Segment = d.string(c.Segment)
	c.Scored = d.long()
	c.Unlabelled = d.long()
	c.Assumed = d.long()
	c.Pairs = c.Pairs[:0]
	for s := d.blocks(3); s.next(); {
		var p *Pair
		c.Pairs, p = grow(c.Pairs)
		p.Truth = d.string(p.Truth)
		p.Prediction = d.string(p.Prediction)
		p.N = d.long()
	}
	c.Histogram = c.Histogram[:0]
	for s := d.blocks(3); s.next(); {
		h := HistogramBin{Positive: d.bool()}
		bin := d.int()
		if bin < 0 || bin > math.MaxUint16 {
			d.fail("histogram bin %d is out of range", bin)
		}
		h.Bin, h.N = uint16(bin), d.long()
		c.Histogram = append(c.Histogram, h)
	}
	c.Lossy = d.long()
	c.LossSum = d.long()
	c.LossSquares = d.long()
	c.Delays = c.Delays[:0]
	for s := d.blocks(3); s.next(); {
		var x *Delay
		c.Delays, x = grow(c.Delays)
		x.Truth = d.string(x.Truth)
		bin := d.int()
		if bin < 0 || bin > math.MaxUint16 {
			d.fail("delay bin %d is out of range", bin)
		}
		x.Bin, x.N = uint16(bin), d.long()
	}
	c.Values = decodeValues(d, c.Values)
}
