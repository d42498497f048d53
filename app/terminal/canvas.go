package terminal

// canvas is a field of braille cells of 2 × 4 dots over a field of background
// characters that show where a cell has no dot.
type canvas struct {
	width, height int // in cells
	dots          []rune
	ground        []span
}

func newCanvas(width, height int) *canvas {
	c := &canvas{width: width, height: height, dots: make([]rune, width*height), ground: make([]span, width*height)}
	for i := range c.ground {
		c.ground[i] = span{" ", plain}
	}
	return c
}

// brailleBit is the bit of the dot (x, y) of a cell in the Unicode block U+2800.
var brailleBit = [4][2]rune{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

// dot sets the dot (x, y), counted from the upper left in dots; what lies
// outside is left out.
func (c *canvas) dot(x, y int) {
	if x < 0 || y < 0 || x >= 2*c.width || y >= 4*c.height {
		return
	}
	c.dots[y/4*c.width+x/2] |= brailleBit[y%4][x%2]
}

// line sets the dots from (x0, y0) to (x1, y1) by Bresenham's algorithm; a
// broken one leaves out every second pair.
func (c *canvas) line(x0, y0, x1, y1 int, broken bool) {
	dx, dy := abs(x1-x0), -abs(y1-y0)
	sx, sy := sign(x1-x0), sign(y1-y0)
	for e := dx + dy; ; {
		if !broken || (x0+y0)%4 < 2 {
			c.dot(x0, y0)
		}
		if x0 == x1 && y0 == y1 {
			return
		}
		if 2*e >= dy {
			e += dy
			x0 += sx
		} else {
			e += dx
			y0 += sy
		}
	}
}

// put sets the background of the cell (x, y).
func (c *canvas) put(x, y int, s span) {
	if x >= 0 && y >= 0 && x < c.width && y < c.height {
		c.ground[y*c.width+x] = s
	}
}

// row returns one line of cells.
func (c *canvas) row(y int) row {
	var r row
	for i := y * c.width; i < (y+1)*c.width; i++ {
		s := c.ground[i]
		if c.dots[i] != 0 {
			s = span{string(0x2800 + c.dots[i]), blue}
		}
		if n := len(r); n > 0 && r[n-1].style == s.style {
			r[n-1].text += s.text
		} else {
			r = append(r, s)
		}
	}
	return r
}

func abs(n int) int { return max(n, -n) }

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}
