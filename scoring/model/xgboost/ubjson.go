package xgboost

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// ubjReader reads UBJSON as XGBoost writes it: lengths are int64, arrays of
// numbers are typed. Nothing is taken for a length that the bytes left cannot hold.
type ubjReader struct {
	data []byte
	at   int
	left budget
}

func (r *ubjReader) fail(format string, args ...any) error {
	return fmt.Errorf("byte %d: "+format, append([]any{r.at}, args...)...)
}

// document reads one object and nothing after it.
func (r *ubjReader) document() (*node, error) {
	var n node
	if err := r.value(&n, 0); err != nil {
		return nil, err
	}
	if r.at < len(r.data) {
		return nil, r.fail("something follows the object")
	}
	return &n, nil
}

// take returns the next n bytes.
func (r *ubjReader) take(n int) ([]byte, error) {
	if n < 0 || n > len(r.data)-r.at {
		return nil, r.fail("%d bytes are wanted, %d are left: the file is cut off or damaged", n, len(r.data)-r.at)
	}
	r.at += n
	return r.data[r.at-n : r.at], nil
}

func (r *ubjReader) marker() (byte, error) {
	b, err := r.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

func (r *ubjReader) peek() byte {
	if r.at < len(r.data) {
		return r.data[r.at]
	}
	return 0
}

// length reads L and an int64, of things that take at least size bytes each.
func (r *ubjReader) length(size int) (int, error) {
	c, err := r.marker()
	if err != nil {
		return 0, err
	}
	if c != 'L' {
		return 0, r.fail("a length of type %q stands where L has to", c)
	}
	b, err := r.take(8)
	if err != nil {
		return 0, err
	}
	n := int64(binary.BigEndian.Uint64(b))
	if n < 0 || n > int64((len(r.data)-r.at)/size) {
		return 0, r.fail("%d entries are promised, %d bytes are left: the file is cut off or damaged", n, len(r.data)-r.at)
	}
	return int(n), nil
}

func (r *ubjReader) value(n *node, depth int) error {
	if depth > maxDepth {
		return r.fail("is nested more than %d deep", maxDepth)
	}
	c, err := r.marker()
	if err != nil {
		return err
	}
	switch c {
	case '{':
		return r.object(n, depth)
	case '[':
		return r.list(n, depth)
	case 'S':
		n.kind = text
		n.text, err = r.text()
		return err
	case 'Z':
		n.kind = null
	case 'T':
		n.kind, n.text = boolean, "1"
	case 'F':
		n.kind, n.text = boolean, "0"
	default:
		size := sizes[c]
		if size == 0 {
			return r.fail("the type %q is not supported", c)
		}
		b, err := r.take(size)
		if err != nil {
			return err
		}
		n.kind, n.text = number, strconv.FormatFloat(unpack(c, b), 'f', -1, 64)
	}
	return nil
}

func (r *ubjReader) text() (string, error) {
	n, err := r.length(1)
	if err != nil {
		return "", err
	}
	b, err := r.take(n)
	return string(b), err
}

func (r *ubjReader) object(n *node, depth int) error {
	n.kind = object
	for r.peek() != '}' {
		key, err := r.text()
		if err != nil {
			return err
		}
		member, err := r.left.member(n, key)
		if err != nil {
			return r.fail("%w", err)
		}
		if err := r.value(member, depth+1); err != nil {
			return err
		}
	}
	_, err := r.marker()
	return err
}

func (r *ubjReader) list(n *node, depth int) error {
	n.kind = list
	switch r.peek() {
	case '$':
		return r.typed(n)
	case '#':
		r.at++
		count, err := r.length(1)
		if err != nil {
			return err
		}
		for range count {
			if err := r.item(n, depth); err != nil {
				return err
			}
		}
		return nil
	}
	for r.peek() != ']' {
		if err := r.item(n, depth); err != nil {
			return err
		}
	}
	_, err := r.marker()
	return err
}

func (r *ubjReader) item(n *node, depth int) error {
	item, err := r.left.item(n)
	if err != nil {
		return r.fail("%w", err)
	}
	return r.value(item, depth+1)
}

// typed keeps the bytes of `$type#L count`.
func (r *ubjReader) typed(n *node) error {
	head, err := r.take(3)
	if err != nil {
		return err
	}
	size := sizes[head[1]]
	if size == 0 || head[2] != '#' {
		return r.fail("an array of type %q is not supported", head[1])
	}
	count, err := r.length(size)
	if err != nil {
		return err
	}
	n.kind, n.packing = numbers, head[1]
	n.packed, err = r.take(count * size)
	return err
}
