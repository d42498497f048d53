package schemas

import "math"

// appendWeights appends what weights add to the cells, named by their place:
// two bytes where there are none.
func appendWeights(dst []byte, cells []Cell) []byte {
	pairs, bins := 0, 0
	for i := range cells {
		pairs += len(cells[i].PairWeights)
		bins += len(cells[i].BinWeights)
	}
	n := 0
	for i := range cells {
		for _, p := range cells[i].PairWeights {
			dst = appendLong(appendItem(dst, n, pairs), int64(i))
			dst = appendString(appendString(dst, p.Truth), p.Prediction)
			dst = appendLong(appendLong(dst, int64(p.Extra)), p.Squares)
			n++
		}
	}
	dst, n = appendEnd(dst), 0
	for i := range cells {
		for _, b := range cells[i].BinWeights {
			dst = appendLong(appendItem(dst, n, bins), int64(i))
			dst = appendLong(appendBool(dst, b.Positive), int64(b.Bin))
			dst = appendLong(appendLong(dst, int64(b.Extra)), b.Squares)
			n++
		}
	}
	return appendEnd(dst)
}

func decodeWeights(d *decoder, cells []Cell) {
	for i := range cells {
		cells[i].PairWeights, cells[i].BinWeights = cells[i].PairWeights[:0], cells[i].BinWeights[:0]
	}
	if !d.more() {
		return
	}
	for s := d.blocks(5); s.next(); {
		c := d.cell(cells)
		var p *PairWeight
		c.PairWeights, p = grow(c.PairWeights)
		p.Truth, p.Prediction = d.string(p.Truth), d.string(p.Prediction)
		p.Extra, p.Squares = Extra(d.long()), d.long()
	}
	for s := d.blocks(5); s.next(); {
		c, b := d.cell(cells), BinWeight{Positive: d.bool()}
		bin := d.int()
		if bin < 0 || bin > math.MaxUint16 {
			d.fail("histogram bin %d is out of range", bin)
		}
		b.Bin, b.Extra, b.Squares = uint16(bin), Extra(d.long()), d.long()
		c.BinWeights = append(c.BinWeights, b)
	}
}

// cell reads the place of a cell; after a fault it is one that nobody looks at.
func (d *decoder) cell(cells []Cell) *Cell {
	i := d.int()
	if i < 0 || int(i) >= len(cells) {
		d.fail("weights of cell %d, there are %d", i, len(cells))
		return new(Cell)
	}
	return &cells[i]
}
