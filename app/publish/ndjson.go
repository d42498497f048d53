package publish

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds one line of NDJSON.
const maxLine = 64 << 20

// NDJSON reads one JSON object a line; blank lines are skipped. Fields map by
// name or alias. Unions may be written plainly or as Avro's JSON encoding has them.
type NDJSON struct {
	name   string
	in     *bufio.Scanner
	schema *Schema
	line   int64
	note   func(string)
	noted  map[string]bool
}

// NewNDJSON reads rows from r. A field that the schema does not have is told
// to note, once.
func NewNDJSON(r io.Reader, name string, schema *Schema, note func(string)) *NDJSON {
	in := bufio.NewScanner(r)
	in.Buffer(nil, maxLine)
	return &NDJSON{name: name, in: in, schema: schema, note: note, noted: map[string]bool{}}
}

// Next returns the next row, or io.EOF.
func (s *NDJSON) Next() (Row, error) {
	for s.in.Scan() {
		s.line++
		text := bytes.TrimSpace(s.in.Bytes())
		if s.line == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if len(text) == 0 {
			continue
		}
		v, err := parseJSON(text)
		if err != nil {
			return Row{}, fmt.Errorf("%s line %d: is not one JSON object: %w", s.name, s.line, err)
		}
		object, ok := v.(map[string]any)
		if !ok {
			return Row{}, fmt.Errorf("%s line %d: is not a JSON object", s.name, s.line)
		}
		s.noteExtra(object)
		row, err := recordFromValue(s.schema.root, object)
		if err != nil {
			return Row{}, fmt.Errorf("%s line %d: %w", s.name, s.line, err)
		}
		return Row{Line: s.line, Value: row.(map[string]any)}, nil
	}
	if err := s.in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return Row{}, fmt.Errorf("%s line %d: is longer than %d bytes", s.name, s.line+1, maxLine)
	} else if err != nil {
		return Row{}, fmt.Errorf("%s: %w", s.name, err)
	}
	return Row{}, io.EOF
}

func (s *NDJSON) noteExtra(object map[string]any) {
	if s.note == nil {
		return
	}
	for k := range object {
		if s.schema.root.field(k) == nil && !s.noted[k] {
			s.noteAll(object)
			return
		}
	}
}

// noteAll tells all new fields at once, in a fixed order.
func (s *NDJSON) noteAll(object map[string]any) {
	for _, k := range sortedKeys(object) {
		if s.schema.root.field(k) == nil && !s.noted[k] {
			s.noted[k] = true
			s.note(fmt.Sprintf("%s line %d: ignored, as %s has no such field: %s", s.name, s.line, s.schema.Name(), k))
		}
	}
}
