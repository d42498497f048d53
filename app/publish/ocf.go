package publish

import (
	"fmt"
	"io"

	"github.com/linkedin/goavro/v2"
)

// OCF reads rows of an Avro object container file, written with any schema
// whose records fit ours by the names of their fields.
type OCF struct {
	name   string
	in     *goavro.OCFReader
	schema *Schema
	n      int64
}

// NewOCF reads the header of r.
func NewOCF(r io.Reader, name string, schema *Schema) (*OCF, error) {
	in, err := goavro.NewOCFReader(r)
	if err != nil {
		return nil, fmt.Errorf("%s: is not an Avro file: %w", name, err)
	}
	return &OCF{name: name, in: in, schema: schema}, nil
}

// Next returns the next row, or io.EOF.
func (s *OCF) Next() (Row, error) {
	if !s.in.Scan() {
		if err := s.in.Err(); err != nil {
			return Row{}, fmt.Errorf("%s after record %d: %w", s.name, s.n, err)
		}
		return Row{}, io.EOF
	}
	s.n++
	v, err := s.in.Read()
	if err != nil {
		return Row{}, fmt.Errorf("%s record %d: %w", s.name, s.n, err)
	}
	row, err := recordFromValue(s.schema.root, v)
	if err != nil {
		return Row{}, fmt.Errorf("%s record %d: %w", s.name, s.n, err)
	}
	return Row{Line: s.n, Value: row.(map[string]any)}, nil
}

// ocfSchema returns the writer's schema.
func ocfSchema(r io.Reader, name string) (string, error) {
	in, err := goavro.NewOCFReader(r)
	if err != nil {
		return "", fmt.Errorf("%s: is not an Avro file: %w", name, err)
	}
	return in.Codec().Schema(), nil
}
