package xgboost

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// jsonReader reads JSON as XGBoost writes it, NaN and Infinity included.
type jsonReader struct {
	data []byte
	at   int
	left budget
}

func (r *jsonReader) fail(format string, args ...any) error {
	return fmt.Errorf("byte %d: "+format, append([]any{r.at}, args...)...)
}

// next skips white space and returns the byte there, 0 at the end.
func (r *jsonReader) next() byte {
	for r.at < len(r.data) {
		switch c := r.data[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
	return 0
}

func (r *jsonReader) expect(c byte) error {
	if got := r.next(); got != c {
		if r.at >= len(r.data) {
			return r.fail("the file ends where %q has to stand: it is cut off", c)
		}
		return r.fail("%q stands where %q has to", got, c)
	}
	r.at++
	return nil
}

// document reads one object and nothing after it.
func (r *jsonReader) document() (*node, error) {
	var n node
	if err := r.value(&n, 0); err != nil {
		return nil, err
	}
	if r.next(); r.at < len(r.data) {
		return nil, r.fail("something follows the object")
	}
	return &n, nil
}

func (r *jsonReader) value(n *node, depth int) error {
	if depth > maxDepth {
		return r.fail("is nested more than %d deep", maxDepth)
	}
	switch c := r.next(); {
	case c == '{':
		return r.object(n, depth)
	case c == '[':
		return r.list(n, depth)
	case c == '"':
		n.kind = text
		var err error
		n.text, err = r.quoted()
		return err
	default:
		end := r.at
		for end < len(r.data) && bytes.IndexByte([]byte(" \t\r\n,]}"), r.data[end]) < 0 {
			end++
		}
		n.text = string(r.data[r.at:min(end, r.at+64)])
		switch n.text {
		case "true", "false":
			n.kind, n.text = boolean, map[bool]string{true: "1", false: "0"}[n.text == "true"]
		case "null":
			n.kind = null
		default:
			if _, err := strconv.ParseFloat(n.text, 64); err != nil {
				return r.fail("%.40q is not a value", n.text)
			}
			n.kind = number
		}
		r.at = end
		return nil
	}
}

func (r *jsonReader) object(n *node, depth int) error {
	n.kind = object
	r.at++
	for first := true; ; first = false {
		if r.next() == '}' {
			r.at++
			return nil
		}
		if !first {
			if err := r.expect(','); err != nil {
				return err
			}
			r.next()
		}
		key, err := r.quoted()
		if err != nil {
			return err
		}
		member, err := r.left.member(n, key)
		if err != nil {
			return r.fail("%w", err)
		}
		if err := r.expect(':'); err != nil {
			return err
		}
		if err := r.value(member, depth+1); err != nil {
			return err
		}
	}
}

// list reads an array; one without texts, lists and objects in it is not
// taken apart.
func (r *jsonReader) list(n *node, depth int) error {
	r.at++
	if end := bytes.IndexAny(r.data[r.at:], "[]{}\""); end >= 0 && r.data[r.at+end] == ']' {
		n.kind, n.text = numbers, string(r.data[r.at:r.at+end])
		r.at += end + 1
		return nil
	}
	n.kind = list
	for {
		item, err := r.left.item(n)
		if err != nil {
			return r.fail("%w", err)
		}
		if err := r.value(item, depth+1); err != nil {
			return err
		}
		if r.next() == ']' {
			r.at++
			return nil
		}
		if err := r.expect(','); err != nil {
			return err
		}
	}
}

// quoted reads a text.
func (r *jsonReader) quoted() (string, error) {
	if err := r.expect('"'); err != nil {
		return "", err
	}
	for end := r.at; end < len(r.data); end++ {
		switch r.data[end] {
		case '\\':
			end++
		case '"':
			var s string
			if err := json.Unmarshal(r.data[r.at-1:end+1], &s); err != nil {
				return "", r.fail("is not a text: %w", err)
			}
			r.at = end + 1
			return s, nil
		}
	}
	return "", r.fail("the file ends within a text: it is cut off")
}
