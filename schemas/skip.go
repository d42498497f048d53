package schemas

// skip compiles the walk over a value that nobody wants. It checks what reading
// it would check. Neighbours of the same kind become one op.
func (c *compiler) skip(s *schema, path string) {
	switch s.kind {
	case typeNull:
	case typeBoolean:
		c.skipRun(opSkipBool, 1, path)
	case typeInt:
		c.skipRun(opSkipInt, 1, path)
	case typeLong:
		c.skipRun(opSkipLong, 1, path)
	case typeBytes, typeString:
		c.skipRun(opSkipBytes, 1, path)
	case typeFloat, typeDouble, typeFixed:
		c.skipRun(opSkip, int32(s.minSize), path)
	case typeEnum:
		c.emit(op{code: opSkipEnum, n: int32(len(s.symbols))}, path)
	case typeArray, typeMap:
		c.skipItems(s, path)
	case typeUnion:
		c.union(s, nil, path)
	case typeRecord:
		for _, f := range s.fields {
			c.skip(f.typ, joinPath(path, f.name))
		}
	}
}

func (c *compiler) skipRun(code opCode, n int32, path string) {
	if last := len(c.p.ops) - 1; last >= c.barrier && c.p.ops[last].code == code {
		c.p.ops[last].n += n
		return
	}
	c.emit(op{code: code, n: n}, path)
}

// skipItems compiles the items as a program of their own, in line.
func (c *compiler) skipItems(s *schema, path string) {
	code := opArray
	if s.kind == typeMap {
		code = opMap
	}
	pc := c.emit(op{code: code, n: int32(s.items.minSize)}, path)
	start := c.here()
	c.skip(s.items, path+"[]")
	p := c.p
	if code == opArray && len(p.ops) == int(start)+1 && p.ops[start].code == opSkip {
		p.ops[pc] = op{code: opArrayFixed, n: p.ops[start].n}
		p.ops, p.where = p.ops[:start], p.where[:start]
		c.here()
		return
	}
	c.emit(op{code: opEnd}, path)
	p.ops[pc].arg = c.here()
}

// runSkip executes the op before pc and returns the position and the place to go on.
func (p *Projection) runSkip(o *op, pc int, b []byte, pos int, row *Row) (int, int, error) {
	start := pos
	switch o.code {
	case opSkip:
		if int(o.n) > len(b)-pos {
			return 0, 0, p.bad(pc, pos, "%d bytes wanted, %d left", o.n, len(b)-pos)
		}
		return pos + int(o.n), pc, nil
	case opSkipBytes:
		for i := int32(0); i < o.n && pos >= 0; i++ {
			_, pos = readBytes(b, pos)
		}
	case opSkipInt:
		for i := int32(0); i < o.n && pos >= 0; i++ {
			_, pos = readInt(b, pos)
		}
	case opSkipLong:
		for i := int32(0); i < o.n && pos >= 0; i++ {
			_, pos = readLong(b, pos)
		}
	case opSkipBool:
		for range o.n {
			if pos >= len(b) || b[pos] > 1 {
				return 0, 0, p.bad(pc, pos, "boolean is cut short or neither 0 nor 1")
			}
			pos++
		}
		return pos, pc, nil
	case opSkipEnum:
		var i int32
		if i, pos = readInt(b, pos); pos >= 0 && (i < 0 || i >= o.n) {
			return 0, 0, p.bad(pc, start, "enum symbol %d of %d", i, o.n)
		}
	case opArray, opArrayFixed, opMap:
		return p.runItems(o, pc, b, pos, row)
	}
	if pos < 0 {
		return 0, 0, p.bad(pc, start, "a value is cut short or too long")
	}
	return pos, pc, nil
}

// runItems walks the blocks of an array or map.
func (p *Projection) runItems(o *op, pc int, b []byte, pos int, row *Row) (int, int, error) {
	least, next := int(o.n), int(o.arg)
	switch o.code {
	case opMap:
		least++
	case opArrayFixed:
		next = pc
	}
	for {
		count, size, first := readBlock(b, pos, least)
		if first < 0 {
			return 0, 0, p.bad(pc, pos, "a block is cut short, or of more than %d items, or longer than the datum", maxBlock)
		}
		if pos = first; count == 0 {
			break
		}
		if o.code == opArrayFixed {
			pos += count * least
			count = 0
		}
		for range count {
			if o.code == opMap {
				start := pos
				if _, pos = readBytes(b, pos); pos < 0 {
					return 0, 0, p.bad(pc, start, "a key is cut short")
				}
			}
			var err error
			if pos, err = p.run(pc, b, pos, row); err != nil {
				return 0, 0, err
			}
		}
		if size >= 0 && pos-first != size {
			return 0, 0, p.bad(pc, pos, "a block takes %d bytes and says %d", pos-first, size)
		}
	}
	return pos, next, nil
}
